"""`helpline config`: what the settings are, without a secret."""

from __future__ import annotations

import click

from helpline.cli.outcome import current_settings
from helpline.config_names import env_example


@click.group()
def command() -> None:
    """Show and explain the settings."""


@command.command()
def show() -> None:
    """Print every setting in force; secrets only as set or not set."""
    settings = current_settings()
    click.echo(f"# file: {settings.file or 'none, environment only'}")
    for name, shown in settings.describe():
        click.echo(f"{name}={shown}")


@command.command()
def example() -> None:
    """Print a commented settings file to start from (what .env.example holds)."""
    click.echo(env_example(), nl=False)
