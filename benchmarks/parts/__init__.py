"""What benchmarks share, and is none itself: servers, lines, floors."""
