BEGIN TRANSACTION;
CREATE TABLE checkpoints (
	note TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	PRIMARY KEY (note)
);
CREATE TABLE entries (
	position INTEGER NOT NULL, 
	recorded_at TEXT NOT NULL, 
	recorded_by TEXT NOT NULL, 
	deal TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	schema INTEGER NOT NULL, 
	"key" TEXT, 
	data TEXT NOT NULL, 
	leaf BLOB NOT NULL, 
	nodes BLOB NOT NULL, 
	PRIMARY KEY (position), 
	UNIQUE (deal, version), 
	UNIQUE ("key"), 
	CHECK (position >= 1)
);
INSERT INTO "entries" VALUES(1,'2026-11-29T09:46:49.914655Z','root','m',1,'DealOpened',1,NULL,'{"dated":"2025-01-01","clauses":[{"kind":"pays","from":"2025-01-01","payer":"A","payee":"B","terms":"500 every month","name":"fee"},{"kind":"term","from":"2025-01-01","through":"2027-12-31"}],"title":"m","parties":["A","B"]}',X'F134CF4A65F7C456F3419F516E3FF811A519BA5230BCB2A84F734F6BA01BB118',X'');
INSERT INTO "entries" VALUES(2,'2026-11-29T09:46:50.997687Z','root','m',2,'Amended',1,NULL,'{"dated":"2025-03-10","clauses":[{"kind":"pays","from":"2025-03-16","payer":"A","payee":"B","terms":"500 every month within 30 days","name":"fee"}]}',X'41EC6BC7D04B0E00A5A6A57C888BB69B5DA6446C692965FC7AD0CDCFB28ADD21',X'CE8C5CA6FFF00BD191BDCE035C08654F6D9A4CB67E435322CBF858E98B4B6C9F');
INSERT INTO "entries" VALUES(3,'2026-11-29T09:46:51.775299Z','root','m',3,'StatementIssued',1,NULL,'{"dated":"2025-04-01","from":"2025-03-01","through":"2025-03-31","payer":"A","payee":"B","currency":"USD","position":2,"root":"zoxcpv/wC9GRvc4DXAhlT22aTLZ+Q1Miy/hY6YtLbJ8=","opening":"0.00","closing":"1000.00","dues":[{"clause":"fee","payer":"A","payee":"B","from":"2025-03-01","through":"2025-03-31","terms":"500 every month; then 500 every month within 30 days","entries":[1,2],"amount":"1000.00","payable":"2025-04-30","arithmetic":[{"depth":0,"text":"2025-03-01 to 2025-03-15:","kind":"part"},{"depth":0,"text":"2025-03-16 to 2025-03-31:","kind":"part"},{"depth":0,"text":"together 1,000"}]}],"digest":"47c3a7416c7dbe25f3a222dad08ed81bc6d6c520a87201f369e7f18f9e876162"}',X'C0F0FD2AEA10C21A7E20046B61EACF1D91671D354161BADFD0E575DF58B59600',X'');
CREATE TABLE ledger (
	format INTEGER NOT NULL, 
	PRIMARY KEY (format)
);
INSERT INTO "ledger" VALUES(1);
CREATE TRIGGER entries_never_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER entries_never_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER ledger_never_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER ledger_never_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER checkpoints_never_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER checkpoints_never_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER entries_never_replace BEFORE INSERT ON entries WHEN EXISTS (SELECT 1 FROM entries WHERE position = NEW.position OR (deal = NEW.deal AND version = NEW.version) OR key = NEW.key) BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
COMMIT;