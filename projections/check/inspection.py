"""The check of a bundle: entries, files and books, each against the checkpoint; and the check of a proof."""

import hashlib
import re
from typing import Any, Dict, List, Optional, Set

from projections.check.contents import Bundle, json_of, object_of
from projections.check.findings import Findings, count_of
from projections.check.hashes import continues, includes, leaf, root_of, sha256
from projections.check.note import Note, Policy, base64_of, check_signatures, note_of
from projections.check.rule import Told, books_of, canonical, says
from projections.check.statement import check_statement

DIGEST = re.compile("[0-9a-f]{64}")


class Inspection:
    """The check of one bundle. What is read once stays: the checkpoint, the manifest, the entries by deal."""

    def __init__(self, bundle: Bundle, findings: Findings) -> None:
        self.bundle = bundle
        self.findings = findings
        self.note: Note = note_of(bundle.read("checkpoint.txt").decode())
        self.manifest = object_of(bundle.read("manifest.json"))
        self.deal = _deal_of(self.manifest)
        self.deals: Dict[str, List[Told]] = {}
        self.count = 0
        self.statements = 0
        self._last = (0, "")  # position and instant of the entry before

    def check(self, policy: Policy) -> None:
        """All of it, in order: books are recomputed only from entries that are the log's."""
        for name in filter(self.bundle.has, ("README.txt", "check.py")):
            self.bundle.read(name)  # nobody vouches for what they say: they can be read, and no more
        self.check_entries()
        check_signatures(self.note, policy, self.findings)
        self.check_attachments()
        if self.findings.wrong:
            self.findings.say("The books are not recomputed: something is wrong with what they stand on.")
            return
        if self.statements:
            self.findings.say(f"{self.statements} statements: each adds up and has its digest")
        self.check_state()

    # --- the entries ------------------------------------------------------------------------------------

    def check_entries(self) -> None:
        """Every entry is in the log of the checkpoint; those of a bundle of all deals are all of them."""
        paths = self._paths()
        leaves: List[bytes] = []
        with self.bundle.open("entries.jsonl") as file:
            for line in file:
                line = line.rstrip(b"\n")
                hashed = leaf(line)
                leaves.append(hashed)
                entry = object_of(line)
                self._check_order(entry)
                if paths is not None:
                    self._check_path(entry["position"], hashed, paths.pop(str(entry["position"]), []))
                self._keep(entry, line)
        self.count = len(leaves)
        if paths:
            self._wrong(f"proofs.json has paths of entries that are not here: {', '.join(sorted(paths))}.")
        if paths is None:
            self._check_whole(*root_of(leaves))
        self._check_manifest()
        of_what = f" of {self.deal}" if self.deal else "" if self.findings.wrong else " of all deals"
        entries = count_of(self.count, "entry", "entries")
        self.findings.say(f"{entries}{of_what}; checkpoint of {self.note.origin}: #{self.note.size}")
        if self.deal:
            self.findings.say(
                "A bundle of one deal cannot show that the log holds no other entry of it: only one of all deals can."
            )

    def _paths(self) -> Optional[Dict[str, List[str]]]:
        """The path of each entry, in the bundle of one deal; a bundle of all deals has the whole log instead."""
        there = self.bundle.has("proofs.json")
        if not self.deal:
            if there:
                self._wrong("proofs.json is not of a bundle of all deals: entries may have been left out.")
            return None
        paths = object_of(self.bundle.read("proofs.json"))["paths"] if there else {}
        if not isinstance(paths, dict):
            raise ValueError("proofs.json holds no paths")
        return paths

    def _check_order(self, entry: Told) -> None:
        position, deal, told = entry["position"], entry["deal"], self.deals.setdefault(entry["deal"], [])
        before, instant = self._last
        if type(position) is not int or (position != before + 1 if not self.deal else position <= before):
            self._wrong(f"After #{before} comes #{position}: an entry is missing or moved.")
        if self.deal and deal != self.deal:
            self._wrong(f"#{position} is of {deal}, and the bundle of {self.deal}.")
        if entry["version"] != len(told) + 1:
            self._wrong(f"#{position} is entry {entry['version']} of {deal}, out of turn.")
        if entry["recorded_at"] <= instant:
            self._wrong(f"#{position} was recorded before the entry before it.")
        self._last = (position, entry["recorded_at"])

    def _check_path(self, position: int, hashed: bytes, path: List[str]) -> None:
        hashes = [base64_of(text) for text in path]
        if not includes(self.note.root, self.note.size, position - 1, hashed, hashes):
            self._wrong(f"#{position} is not in the log of the checkpoint: its line or its path was changed.")

    def _keep(self, entry: Told, line: bytes) -> None:
        self.deals[entry["deal"]].append(entry)
        if entry["event"] == "StatementIssued":
            text = line.decode()  # a name cannot hold what stands before the data: its quotes are escaped
            check_statement(entry["position"], text[text.index(',"data":') + 8 : -1], entry["data"], self.findings)
            self.statements += 1

    def _check_whole(self, root: bytes, size: int) -> None:
        if size != self.note.size:
            self._wrong(f"The checkpoint is of {self.note.size} entries, and {size} are here: some were left out.")
        elif root != self.note.root:
            self._wrong(f"The {size} entries do not have the root of the checkpoint of #{size}: one was changed.")

    def _check_manifest(self) -> None:
        head = self.manifest.get("head")
        expected: List[Any] = [
            ("schema", self.manifest.get("schema"), "deal.bundle/1"),
            ("entries", self.manifest.get("entries"), self.count),
            ("head", head, {"position": self.note.size, "root": self.note.root_text}),
        ]
        for name, said, there in expected:
            if said != there:
                self._wrong(f"manifest.json says {said} as its {name}, and it is {there}.")
        if self.deal and self.deal not in self.deals:
            self._wrong(f"manifest.json says that the bundle is of {self.deal}, and no entry is.")

    # --- files and books --------------------------------------------------------------------------------

    def check_attachments(self) -> None:
        """Every file that an entry names is there and is that file; and no other is there."""
        named: Set[str] = set()
        count = 0
        for entry in (entry for told in self.deals.values() for entry in told):
            data = entry["data"]["data"] if entry["event"] == "EntryCorrected" else entry["data"]
            for source in data.get("sources", []):
                if source.get("attachment"):
                    named.add(self._check_attachment(source["attachment"], entry["position"]))
                    count += 1
        for name in self.bundle.names:
            if name.startswith("attachments/") and name not in named:
                self._wrong(f"The file {name} is named by no entry.")
        self.findings.say(count_of(count, "attached file", "attached files"))
        others = [name for name in self.bundle.strange if not name.startswith("attachments/")]
        if others:
            self.findings.say(f"Not looked at, because no bundle has such files: {', '.join(others)}")

    def _check_attachment(self, said: Told, position: int) -> str:
        digest = said["sha256"]
        if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
            raise ValueError(f"'{digest}' is not the SHA-256 of a file")
        name = f"attachments/{digest}"
        if not self.bundle.has(name):
            self._wrong(f"The file '{said['name']}' of #{position} is not in the bundle.")
            return name
        content = self.bundle.read(name)
        if hashlib.sha256(content).hexdigest() != digest or len(content) != said["size"]:
            self._wrong(f"The file '{said['name']}' of #{position} was changed.")
        return name

    def check_state(self) -> None:
        """The books, recomputed, are what state.jsonl says, and what the manifest says that it says."""
        digest = hashlib.sha256()
        saved = self.bundle.read("state.jsonl").decode().split("\n")
        for number, deal in enumerate(sorted(self.deals)):
            books = books_of(deal, self.deals[deal])
            line = canonical(books)
            digest.update(line)
            if number >= len(saved) or saved[number] + "\n" != line.decode():
                self._wrong(f"state.jsonl says something else of {deal} than its entries.")
            self._show(deal, books)
        if len(saved) != len(self.deals) + 1:
            self._wrong(f"state.jsonl is of {len(saved) - 1} deals, the entries of {len(self.deals)}.")
        if self.manifest.get("state_sha256") != digest.hexdigest():
            self._wrong("manifest.json says another SHA-256 of state.jsonl than the books have.")
        self.findings.say("")
        self.findings.say(f"sha256:{digest.hexdigest()}")

    def _show(self, deal: str, books: Told) -> None:
        shown = ["", f"{books['title']} ({deal})", " in force", *(map(says, books["in_force"]) or ())]
        shown += [] if books["in_force"] else ["  nothing"]
        if books["with_plans"] != books["in_force"]:
            more = [says(row) for row in books["with_plans"] if row not in books["in_force"]]
            shown += [" with plans laid over", *(more or ["  nothing more"])]
        for line in shown:
            self.findings.say(line)

    def _wrong(self, text: str) -> None:
        self.findings.is_wrong(text)


def _deal_of(manifest: Told) -> Optional[str]:
    """The deal that the bundle is of; None where it is of all."""
    deal = manifest["deal"]
    if deal is not None and not (isinstance(deal, str) and deal):
        raise ValueError("manifest.json names no deal, and does not say that it is of all")
    return deal


def check_proof(data: bytes, policy: Policy, findings: Findings) -> None:
    """A proof as `deal prove` prints it."""
    told = json_of(data)
    note = note_of(told["checkpoint"])
    path = [base64_of(text) for text in told["path"]]
    if not includes(note.root, note.size, told["index"], leaf(told["entry"].encode()), path):
        findings.is_wrong("The entry is not in the log of the checkpoint.")
    entry = object_of(told["entry"].encode())
    if entry.get("position") != told["index"] + 1:
        findings.is_wrong(f"The entry says that it is #{entry.get('position')}, and it stands at #{told['index'] + 1}.")
    if "since" in told:
        old = note_of(told["since"]["checkpoint"])
        path = [base64_of(text) for text in told["since"]["path"]]
        empty = old.size == 0 and old.root == sha256(b"") and not path  # the beginning of every log
        if not empty and not continues(old.size, old.root, note.size, note.root, path):
            findings.is_wrong(f"The log of #{old.size} is not the beginning of the log of #{note.size}.")
        else:
            findings.say(f"It continues the log of #{old.size}, if the root that you kept is {old.root_text}")
    check_signatures(note, policy, findings)
    findings.say(told["entry"])
