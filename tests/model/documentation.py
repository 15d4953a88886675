"""The table of `docs/state-model.md`, made from the mutants; `cd tests && python -m model.documentation` writes it."""

from __future__ import annotations

from pathlib import Path

from .mutants import Mutant, Profile

PAGE = Path(__file__).parents[2] / "docs" / "state-model.md"
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->\n"


def table() -> str:
    """A row for each mutant: the sentence, what breaks it, the profile that finds it out."""
    lines = ["| sentence | mutant | profile that kills it |", "| --- | --- | --- |"]
    for profile in Profile:
        for mutant in Mutant:
            if mutant.profile is profile:
                sentence = mutant.sentence.replace("|", "\\|").replace("**", "")
                lines.append(f"| {sentence} | `{mutant.name}` | {profile.value} |")
    return "\n".join(lines) + "\n"


def page_with_table(page: str) -> str:
    """The page with its table made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
