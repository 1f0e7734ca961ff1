"""The example of docs/commands.md, "Signed commands": its signature by openssl over its text is the one of
its envelope, and the text says what the envelope says."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    text = (ROOT / "docs/commands.md").read_text()
    blocks = re.findall(r"^```\n(.*?)\n```$", text[text.index("## Signed commands"):], re.M | re.S)
    pem = next(block for block in blocks if block.startswith("-----BEGIN"))
    signed = next(block for block in blocks if block.startswith("parkgate-command-1"))
    envelope = json.loads(next(block for block in blocks if block.startswith('{"v":1')))
    with tempfile.TemporaryDirectory() as directory:
        key, file = Path(directory, "key.pem"), Path(directory, "text")
        key.write_text(pem + "\n")
        file.write_text(signed)
        made = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", file],
                              check=True, capture_output=True).stdout
    assert made.hex() == envelope["signature"], made.hex()
    lines = signed.split("\n")
    said = [envelope["id"], envelope["by"], str(envelope["time"]), envelope["nonce"], envelope["body"]]
    assert lines[6:] == said, lines
    assert lines[5] == b"AB".hex()
    print("the example holds")


main()
