"""What is there, and under which settings."""

from __future__ import annotations

import json

import typer

from assistant.cli.opening import Json, errors, read_settings


def doctor(*, as_json: Json = False) -> None:
    """Check models, index, corpus, settings and disk, and say what to run."""
    with errors():
        from assistant.doctor import examine
        from assistant.terminal import output_console, plain, print_json

        settings = read_settings()
        console = output_console()
        findings = []
        for finding in examine(settings):
            findings.append(finding)
            if as_json:
                continue
            console.print(
                plain("✓ " if finding.ok else "✗ ", "green" if finding.ok else "red")
                + plain(f"{finding.subject}: {finding.message}")
            )
            if not finding.ok and finding.remedy:
                console.print(plain(f"    {finding.remedy}", "dim"))
        if as_json:
            print_json(console, findings)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


def show_settings(*, as_json: Json = False) -> None:
    """Show the settings in force and where each comes from."""
    with errors():
        from assistant.settings import Settings, config_path, setting_origins
        from assistant.terminal import output_console, print_json, render_table

        settings = read_settings()
        origins = setting_origins(settings)
        console = output_console()
        if as_json:
            print_json(console, json.loads(settings.model_dump_json()))
            return
        rows = [
            (name, str(getattr(settings, name)), origins[name], field.description or "")
            for name, field in Settings.model_fields.items()
        ]
        console.print(render_table("", ("setting", "value", "from", "meaning"), rows))
        console.print(f"File: {config_path()}", style="dim")
