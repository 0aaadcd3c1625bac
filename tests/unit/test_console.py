"""What the programs print, when nobody reads it to its end."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_reader_who_goes_away_ends_what_is_told_and_not_what_is_done(tmp_path: Path) -> None:
    done = tmp_path / "done"
    program = f"from scripts.lib.console import say; [say(f'line {{n}}') for n in range(9)]; open({str(done)!r}, 'w')"
    ours, theirs = os.pipe()
    os.close(ours)
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert done.exists()
