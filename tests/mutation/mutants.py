"""The mutants that cosmic-ray makes of one module: `python mutants.py <module>`, by the Python that has cosmic-ray.

Prints a line of JSON for each: the operator, its occurrence, the line, and that line before and after; `source` is the
whole mutated module. Mutants of type annotations alone, and those that another operator has made too, are left out.
"""

import ast
import difflib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.mutating import mutate_code


def mutants(original: str) -> Iterator[dict[str, object]]:
    """Yield every mutant of a module's source."""
    seen = {_behaviour(original)}
    for name in sorted(cosmic_ray.plugins.operator_names()):
        operator_class = cosmic_ray.plugins.get_operator(name)
        # Operators with arguments insert or replace variables that somebody must name.
        if operator_class.arguments():
            continue
        occurrence = -1
        while mutated := mutate_code(original, operator_class(), occurrence := occurrence + 1):
            try:
                behaviour = _behaviour(mutated)
            except SyntaxError:
                continue
            if behaviour not in seen:
                seen.add(behaviour)
                yield {"operator": name, "occurrence": occurrence, **_change(original, mutated), "source": mutated}


def _behaviour(source: str) -> str:
    """What a module does, as a text: its syntax without annotations of parameters, results and variables."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def _change(original: str, mutated: str) -> dict[str, object]:
    before, after = original.splitlines(), mutated.splitlines()
    for tag, start, end, other, other_end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            return {
                "line": start + 1,
                "before": " ".join(line.strip() for line in before[start:end]),
                "after": " ".join(line.strip() for line in after[other:other_end]),
            }
    raise AssertionError("a mutant differs from its original")


if __name__ == "__main__":
    for mutant in mutants(Path(sys.argv[1]).read_text()):
        sys.stdout.write(json.dumps(mutant) + "\n")
