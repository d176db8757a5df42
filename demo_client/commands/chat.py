"""`chat`: a prompt from words, a pipe or files; the answer as it comes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from demo_client import ui
from demo_client.chat import Message, first_model, stream
from demo_client.commands.options import StateDir, read_file, session_at
from demo_client.errors import ClientError

Words = Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="What to ask. Without: a conversation.")]
Files = Annotated[
    list[Path] | None, typer.Option("--file", "-f", help="Put this file's text after the prompt; may be repeated.")
]


def chat(
    prompt: Words = None,
    *,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", envvar="BOUNDGATE_CLIENT_MODEL", show_default="the server's first"),
    ] = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="How the model is to behave.")] = None,
    file: Files = None,
    state_dir: StateDir = None,
) -> None:
    """Ask a model; the answer streams to standard output, and nothing else does.

    What comes through a pipe is put after the prompt, then the files. Without any of them, at a terminal, it is a
    conversation: an empty line or Ctrl-D ends it.

    Examples:

      python -m demo_client chat Why is the sky blue?

      git diff | python -m demo_client chat --system "You review code." Is this right?

      python -m demo_client chat Summarise. --file notes.md --model gpt-5.2-mini
    """
    asked = " ".join(prompt or [])
    parts = [asked, _piped(), *(_text_of(path) for path in file or [])]
    question = "\n\n".join(part for part in parts if part)
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    with session_at(state_dir) as session:
        chosen = model or first_model(session)
        if question:
            for piece in stream(session, chosen, [*messages, {"role": "user", "content": question}]):
                ui.write(piece)
            ui.write("\n")
            return
        if not sys.stdin.isatty():
            raise ClientError("there is nothing to ask.", "Say a prompt, pipe one in, or name a --file.")
        ui.note(f"{chosen}. An empty line ends the conversation.")
        while said := _line():
            messages.append({"role": "user", "content": said})
            answer = ""
            for piece in stream(session, chosen, messages):
                answer += piece
                ui.write(piece)
            ui.write("\n")
            messages.append({"role": "assistant", "content": answer})


def _piped() -> str:
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().strip()


def _text_of(path: Path) -> str:
    try:
        return read_file(path).decode().strip()
    except UnicodeDecodeError:
        raise ClientError(f"{path} is no text file.", "Name a text file (UTF-8) with --file.") from None


def _line() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""
