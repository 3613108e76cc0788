"""A link that can be made slow, silent or cut: a unix socket in front of another, in a process of its own.

    python -m tests.chaos.proxy LISTEN TARGET MODE_FILE

The mode is read from the file as it changes: `open`; `slow 300` (each request that many ms later); `hang`
(taken and never answered); `cut` (what is open is closed, nobody gets in).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

LOOK_S = 0.02


class Link:
    def __init__(self, target: str, mode_file: Path) -> None:
        self._target = target
        self._file = mode_file
        self._open: set[asyncio.StreamWriter] = set()
        self._passes = asyncio.Event()
        self.mode = "open"
        self.delay_s = 0.0

    async def watch(self) -> None:
        while True:
            words = self._file.read_text("ascii").split() if self._file.exists() else []
            mode = words[0] if words else "open"
            self.delay_s = float(words[1]) / 1000 if mode == "slow" else 0.0
            if mode != self.mode and mode == "cut":
                for writer in list(self._open):
                    writer.close()
            self.mode = mode
            if mode == "hang":
                self._passes.clear()
            else:
                self._passes.set()
            await asyncio.sleep(LOOK_S)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            writer.close()
            return
        await self._passes.wait()
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.close()
            return
        both = {writer, far_writer}
        self._open |= both
        await asyncio.gather(
            self._carry(reader, far_writer, slow=True), self._carry(far_reader, writer, slow=False)
        )
        self._open -= both

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65_536):
                await self._passes.wait()
                if slow and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(chunk)
                await writer.drain()
        writer.close()


async def serve(listen: str, target: str, mode_file: str) -> None:
    link = Link(target, Path(mode_file))
    Path(listen).unlink(missing_ok=True)
    server = await asyncio.start_unix_server(link.take, listen)
    async with server:
        await link.watch()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
