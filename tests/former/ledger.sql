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
INSERT INTO "entries" VALUES(1,'2026-10-05T09:00:00.000000Z','desk','shorter',1,'DealOpened',1,NULL,'{"dated":"2025-01-01","clauses":[{"kind":"pays","from":"2025-01-01","through":"2032-12-31","payer":"A","payee":"B","terms":"20% of revenue every quarter","name":"share"},{"kind":"right","from":"2025-01-01","survives":true,"holder":"B","text":"may audit","name":"audit"}],"title":"shorter","parties":["A","B"]}',X'B232CCB51CEF4B931583D7640B0294CADB8A5A6D75A2F48295BE00C789C1640D',X'');
INSERT INTO "entries" VALUES(2,'2026-10-05T09:00:00.000001Z','desk','shorter',2,'Amended',1,NULL,'{"dated":"2026-04-01","clauses":[{"kind":"pays","from":"2026-04-01","through":"2030-12-31","payer":"A","payee":"B","terms":"20% of revenue every quarter","name":"share"},{"kind":"right","from":"2026-04-01","until":"launch","holder":"B","text":"may audit","name":"audit"}]}',X'0E4A844A8923CACF8347E1C3DEAEE6EFE47956815FB5CF4D4E6E7A3D2F6835FD',X'E71A39F524D2DE38EF48C46A6536E025800FAE0F226538190E136D8445B7A52E');
INSERT INTO "entries" VALUES(3,'2026-10-05T09:00:00.000002Z','desk','shorter',3,'Amended',1,NULL,'{"dated":"2026-05-01","clauses":[{"kind":"pays","from":"2026-07-01","through":"2026-09-30","payer":"A","payee":"B","terms":"12% of revenue every quarter","name":"share"}]}',X'B9412C50FE4469DD82D8F9D07530AF501DA2DB456B4D242D362FA6EB90362DBD',X'');
INSERT INTO "entries" VALUES(4,'2026-10-05T09:00:00.000003Z','desk','shorter',4,'ConditionMet',1,NULL,'{"dated":"2026-06-10","condition":"launch","on":"2026-06-01"}',X'9ED659BEBED227D9087971DC72F03CB16D6399B5CC3A8E3EDD26F148387CA201',X'7D8083E81E99990A2F381EE373D382D83C7257343430CC3F2F05A2FB1B53250CBD9D98FA97F6AC66A3A53E5D48DF2AE79E2BE04B8318A9F02A82229EBD59B80C');
INSERT INTO "entries" VALUES(5,'2026-10-05T09:00:00.000004Z','desk','lapse',1,'DealOpened',1,NULL,'{"dated":"2010-06-30","clauses":[{"kind":"pays","from":"2010-06-30","payer":"A","payee":"B","terms":"60% of revenue every quarter","name":"share"},{"kind":"pays","from":"2010-06-30","payer":"A","payee":"B","terms":"1000 * number(contract year) every year","name":"fee"},{"kind":"right","from":"2010-06-30","survives":true,"holder":"A","text":"the brand","name":"brand"},{"kind":"term","from":"2009-01-01","through":"2010-12-31"}],"title":"lapse","parties":["A","B"]}',X'C9C02AE615769F24FBC3D7989525A1AE06521A954A4AFF5F1AED97E291864A5C',X'');
INSERT INTO "entries" VALUES(6,'2026-10-05T09:00:00.000005Z','desk','lapse',2,'Amended',1,NULL,'{"dated":"2011-07-25","clauses":[{"kind":"pays","from":"2011-08-01","payer":"A","payee":"B","terms":"47% of revenue every quarter","name":"share"},{"kind":"term","from":"2011-08-01","through":"2020-12-31"}]}',X'8F93280ACDE4B7F711C098386EC8CD76841B6C7FE249269E319FD28823AB641D',X'ECE6BD9C0F38C7B0A0D8008484950E7C0BA65ADC13C1FCC442D602A6981742F2');
INSERT INTO "entries" VALUES(7,'2026-10-05T09:00:00.000006Z','desk','lapse',3,'TermExtended',1,NULL,'{"dated":"2020-06-01","from":"2020-06-01","through":"2023-12-31"}',X'1E31A0521FD675A85F554F495AEDCE8DD18741A0B8CB6BB480E967AAE05D310D',X'');
INSERT INTO "entries" VALUES(8,'2026-10-05T09:00:00.000007Z','desk','lapse',4,'Amended',1,NULL,'{"dated":"2024-02-01","clauses":[{"kind":"pays","from":"2024-03-01","payer":"A","payee":"B","terms":"40% of revenue every quarter","name":"share"}]}',X'10CD6079A1D64728F960015101578C4E2ED8DD93AAC95EB6341AF118780E1585',X'9DB5E5BA5A7D884510D9D1A767C1FD842F32B2C7DAA5003C4F249755C68245A1F10FE7385D4C8FACCDDB7A926C279BAD150A7395670469D26BF6C084FF5CDC4A34049D043DB92A64D26C4E52EFD1D7821F7B213B0D5BF5233D8C6F4CB54003F7');
INSERT INTO "entries" VALUES(9,'2026-10-05T09:00:00.000008Z','desk','lapse',5,'EntryCorrected',1,NULL,'{"entry_version":2,"reason":"mistyped","event":"Amended","schema_of":1,"data":{"dated":"2011-07-25","clauses":[{"kind":"term","from":"2011-08-01","through":"2020-12-31"},{"kind":"pays","from":"2011-08-01","through":"2015-12-31","payer":"A","payee":"B","terms":"46% of revenue every quarter","name":"share"}]}}',X'6C2A2DE93F0104C5B356512FFD94F160FE58CC188B76D72BDD51F88EA3795451',X'');
INSERT INTO "entries" VALUES(10,'2026-10-05T09:00:00.000009Z','desk','until',1,'DealOpened',1,NULL,'{"dated":"2025-01-01","evidence":"reported","clauses":[{"kind":"pays","from":"2025-01-01","payer":"A","payee":"B","terms":"20% of revenue every quarter","name":"share"},{"kind":"member","from":"2025-01-01","party":"B","pool":"resellers"},{"kind":"term","from":"2025-01-01","until":"agi-verified"}],"pools":["resellers"],"title":"until","parties":["A","B"]}',X'2FCB6778D4881663592050D8792EE52F41BDBBBE9015F903B66BECC7BB25CF95',X'0924F04A8BAC770A3C8414E287BFE5CE978DBB733B15EF942BD51FA32296FC87');
INSERT INTO "entries" VALUES(11,'2026-10-05T09:00:00.000010Z','desk','until',2,'Amended',1,NULL,'{"dated":"2025-02-01","clauses":[{"kind":"pays","from":"2025-02-01","payer":"A","payee":"B","terms":"15% of revenue every quarter","name":"share"}]}',X'E59CCD25C60D9444000492DCD00AD833EA2B08A0D49C8E5A4D005627D9F260CB',X'');
INSERT INTO "entries" VALUES(12,'2026-10-05T09:00:00.000011Z','desk','until',3,'PlanAnnounced',1,'p','{"dated":"2025-03-01","clauses":[{"kind":"pays","from":"2026-01-01","through":"2026-06-30","payer":"A","payee":"resellers","terms":"5% of revenue every quarter","name":"share"}]}',X'00812924CB6F993E1F8CEBCC037AD9A08F1B18452B51313490C7E308D386A0F6',X'D6C553460F0751E4283F5241C2B195A8900036502029E0AB48DD7FF033E4AA5A916E8EF0D1FC40E82A58A315A188B7D4DD2F362A939B150BC935C586BE2FCDFA');
INSERT INTO "entries" VALUES(13,'2026-10-05T09:00:00.000012Z','desk','until',4,'Amended',1,NULL,'{"dated":"2025-04-01","clauses":[{"kind":"pays","from":"2026-03-01","payer":"A","payee":"B","terms":"14% of revenue every quarter","name":"share"}]}',X'6CBEC53C1775EA3A8153F997F21D67489DEE18C0CE612EED3DD70DE9C34CD23B',X'');
INSERT INTO "entries" VALUES(14,'2026-10-05T09:00:00.000013Z','desk','until',5,'PlanAnnounced',1,NULL,'{"dated":"2025-05-01","clauses":[{"kind":"pays","from":"2027-01-01","payer":"A","payee":"B","terms":"9% of revenue every quarter","name":"share"},{"kind":"term","from":"2025-01-01","through":"2029-12-31"}]}',X'1C9B2DA23B1DAC2DA247632D071F8A72AA7BA9164EE49BFF03459AD7CF01EFED',X'9D348438CB7ED72F0CE3EAA15054795A8CC2525D197BD45F6834346A63129F27');
INSERT INTO "entries" VALUES(15,'2026-10-05T09:00:00.000014Z','desk','until',6,'PartnerAdded',1,NULL,'{"dated":"2025-06-01","party":"C","from":"2025-06-01","pool":"resellers","part":"40%"}',X'5FE05BC69960D8F3683579BEE488ADE282618347A02413A8C8ED061501112EC0',X'');
INSERT INTO "entries" VALUES(16,'2026-10-05T09:00:00.000015Z','desk','until',7,'InterimAgreed',1,NULL,'{"dated":"2025-07-01","clauses":[{"kind":"pays","from":"2025-07-01","through":"2025-12-31","payer":"A","payee":"C","terms":"1% of revenue every quarter","name":"extra"}]}',X'1518B47ECED6E6DD7812F27D43D622A802BEFBDC9FE233B401B226CC6AF26FC6',X'7C4E2376820B8B7C18CE9FB321465159D30E1F8617E07A7E5BCC6B44711C1535203DBBAA1DD9164BADDB50014548FC8A8C43D6BBBCABD08D2A10BBB3FC69CE54FA17B54EAC70C0A0C3CA164869A1703ECEE6EDFB0C12FD49C5BE6BA577F6627E6A4C71C898ABE41B092ECC0F56F412C38A9E9E4ED678666DFD37FF2CA6FE2997');
INSERT INTO "entries" VALUES(17,'2026-10-05T09:00:00.000016Z','desk','until',8,'DealEnded',1,NULL,'{"dated":"2025-08-01","through":"2028-12-31"}',X'302BB23CD8D215671FCDDC547C34100F3580C26EE3FBF28A3D90312E5CB921B2',X'');
INSERT INTO "entries" VALUES(18,'2026-10-05T09:00:00.000017Z','desk','until',9,'EntryVoided',1,NULL,'{"entry_version":8,"reason":"not signed"}',X'41A534A9A59CFA91F0E1FF06693F767EAB8642D62FDA0A2735A71CA38C768E12',X'A0E129BC68684750EFF84647AD743AB81B8E1350C075FD9D58D0DE260BB18983');
INSERT INTO "entries" VALUES(19,'2026-10-05T09:00:00.000018Z','desk','until',10,'ConditionMet',1,NULL,'{"dated":"2025-09-10","condition":"agi-verified","on":"2025-09-01"}',X'7C16A91515F438071598E3D1CED0FB27CA53958EFBF86B4B1D35C66429452B87',X'');
INSERT INTO "entries" VALUES(20,'2026-10-05T09:00:00.000019Z','desk','lapse',6,'MeasureReported',1,NULL,'{"dated":"2012-02-01","figures":[{"measure":"revenue","from":"2011-01-01","through":"2011-12-31","amount":"100"}]}',X'BF21B702771F034EA1DE3E263B20264CB23BE24949569454E8ED7FA2E0B0C78B',X'F17ABAC19B0491A3B168D107B6E47624F6E737C8A33E34C93BE08401C5079C2801E0AD3B3B5EEFE105956E01D080E42144BA5437AAC83EC533C5BCA53411A500');
CREATE TABLE ledger (
	format INTEGER NOT NULL, 
	PRIMARY KEY (format)
);
INSERT INTO "ledger" VALUES(1);
CREATE TABLE projections (
	name TEXT NOT NULL, 
	generation INTEGER NOT NULL, 
	live INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	PRIMARY KEY (name, generation)
);
INSERT INTO "projections" VALUES('shares',1,1,20);
CREATE TABLE shares_1_claims (
	id INTEGER NOT NULL, 
	entry INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	confirmed INTEGER NOT NULL, 
	deal TEXT NOT NULL, 
	dated TEXT NOT NULL, 
	known_since TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	clause TEXT NOT NULL, 
	start TEXT NOT NULL, 
	own_end TEXT NOT NULL, 
	standing TEXT NOT NULL, 
	entries TEXT NOT NULL, 
	with_term INTEGER NOT NULL, 
	survives INTEGER NOT NULL, 
	ended INTEGER NOT NULL, 
	planned INTEGER NOT NULL, 
	until TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "shares_1_claims" VALUES(1,1,1,1,'shorter','2025-01-01','2025-01-01','','deal','shorter','0001-01-01','9999-12-31','binding','',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(2,1,1,1,'shorter','2025-01-01','2025-01-01','party A','member','{"kind":"member","from":"2025-01-01","survives":true,"party":"A"}','2025-01-01','9999-12-31','binding','1',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(3,1,1,1,'shorter','2025-01-01','2025-01-01','party B','member','{"kind":"member","from":"2025-01-01","survives":true,"party":"B"}','2025-01-01','9999-12-31','binding','1',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(4,1,1,1,'shorter','2025-01-01','2025-01-01','share','pays','{"kind":"pays","from":"2025-01-01","through":"2032-12-31","payer":"A","payee":"B","terms":"20% of revenue every quarter","name":"share"}','2025-01-01','2033-01-01','binding','1',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(5,1,1,1,'shorter','2025-01-01','2025-01-01','audit','right','{"kind":"right","from":"2025-01-01","survives":true,"holder":"B","text":"may audit","name":"audit"}','2025-01-01','9999-12-31','binding','1',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(6,2,2,1,'shorter','2026-04-01','2026-04-01','share','pays','{"kind":"pays","from":"2026-04-01","through":"2030-12-31","payer":"A","payee":"B","terms":"20% of revenue every quarter","name":"share"}','2026-04-01','2031-01-01','binding','2',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(7,2,2,1,'shorter','2026-04-01','2026-04-01','audit','right','{"kind":"right","from":"2026-04-01","until":"launch","holder":"B","text":"may audit","name":"audit"}','2026-04-01','9999-12-31','binding','2',1,0,0,0,'launch');
INSERT INTO "shares_1_claims" VALUES(8,3,3,1,'shorter','2026-05-01','2026-05-01','share','pays','{"kind":"pays","from":"2026-07-01","through":"2026-09-30","payer":"A","payee":"B","terms":"12% of revenue every quarter","name":"share"}','2026-07-01','2026-10-01','binding','3',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(9,5,1,1,'lapse','2010-06-30','2010-06-30','','deal','lapse','0001-01-01','9999-12-31','binding','',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(10,5,1,1,'lapse','2010-06-30','2010-06-30','party A','member','{"kind":"member","from":"2010-06-30","survives":true,"party":"A"}','2010-06-30','9999-12-31','binding','5',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(11,5,1,1,'lapse','2010-06-30','2010-06-30','party B','member','{"kind":"member","from":"2010-06-30","survives":true,"party":"B"}','2010-06-30','9999-12-31','binding','5',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(12,5,1,1,'lapse','2010-06-30','2010-06-30','share','pays','{"kind":"pays","from":"2010-06-30","payer":"A","payee":"B","terms":"60% of revenue every quarter","name":"share"}','2010-06-30','9999-12-31','binding','5',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(13,5,1,1,'lapse','2010-06-30','2010-06-30','fee','pays','{"kind":"pays","from":"2010-06-30","payer":"A","payee":"B","terms":"1000 * number(contract year) every year","name":"fee"}','2010-06-30','9999-12-31','binding','5',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(14,5,1,1,'lapse','2010-06-30','2010-06-30','brand','right','{"kind":"right","from":"2010-06-30","survives":true,"holder":"A","text":"the brand","name":"brand"}','2010-06-30','9999-12-31','binding','5',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(15,5,1,1,'lapse','2010-06-30','2010-06-30','term','term','{"kind":"term","from":"2009-01-01","through":"2010-12-31"}','2009-01-01','2011-01-01','binding','5',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(16,6,2,1,'lapse','2011-07-25','2011-07-25','share','pays','{"kind":"pays","from":"2011-08-01","payer":"A","payee":"B","terms":"47% of revenue every quarter","name":"share"}','2011-08-01','9999-12-31','binding','6',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(17,6,2,1,'lapse','2011-07-25','2011-07-25','term','term','{"kind":"term","from":"2011-08-01","through":"2020-12-31"}','2011-08-01','2021-01-01','binding','6',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(18,7,3,1,'lapse','2020-06-01','2020-06-01','term','term','{"kind":"term","from":"2020-06-01","through":"2023-12-31"}','2020-06-01','2024-01-01','binding','7',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(19,8,4,1,'lapse','2024-02-01','2024-02-01','share','pays','{"kind":"pays","from":"2024-03-01","payer":"A","payee":"B","terms":"40% of revenue every quarter","name":"share"}','2024-03-01','9999-12-31','binding','8',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(20,9,2,1,'lapse','2011-07-25','2011-07-25','term','term','{"kind":"term","from":"2011-08-01","through":"2020-12-31"}','2011-08-01','2021-01-01','binding','6,9',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(21,9,2,1,'lapse','2011-07-25','2011-07-25','share','pays','{"kind":"pays","from":"2011-08-01","through":"2015-12-31","payer":"A","payee":"B","terms":"46% of revenue every quarter","name":"share"}','2011-08-01','2016-01-01','binding','6,9',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(22,10,1,0,'until','2025-01-01','2025-01-01','','deal','until','0001-01-01','9999-12-31','binding','',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(23,10,1,0,'until','2025-01-01','2025-01-01','party A','member','{"kind":"member","from":"2025-01-01","survives":true,"party":"A"}','2025-01-01','9999-12-31','binding','10',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(24,10,1,0,'until','2025-01-01','2025-01-01','party B','member','{"kind":"member","from":"2025-01-01","survives":true,"party":"B"}','2025-01-01','9999-12-31','binding','10',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(25,10,1,0,'until','2025-01-01','2025-01-01','share','pays','{"kind":"pays","from":"2025-01-01","payer":"A","payee":"B","terms":"20% of revenue every quarter","name":"share"}','2025-01-01','9999-12-31','binding','10',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(26,10,1,0,'until','2025-01-01','2025-01-01','member B of resellers','member','{"kind":"member","from":"2025-01-01","party":"B","pool":"resellers"}','2025-01-01','9999-12-31','binding','10',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(27,10,1,0,'until','2025-01-01','2025-01-01','term','term','{"kind":"term","from":"2025-01-01","until":"agi-verified"}','2025-01-01','9999-12-31','binding','10',1,0,0,0,'agi-verified');
INSERT INTO "shares_1_claims" VALUES(28,11,2,1,'until','2025-02-01','2025-02-01','share','pays','{"kind":"pays","from":"2025-02-01","payer":"A","payee":"B","terms":"15% of revenue every quarter","name":"share"}','2025-02-01','9999-12-31','binding','11',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(29,12,3,1,'until','2025-03-01','2025-03-01','share','pays','{"kind":"pays","from":"2026-01-01","through":"2026-06-30","payer":"A","payee":"resellers","terms":"5% of revenue every quarter","name":"share"}','2026-01-01','2026-07-01','planned','12',0,0,0,1,NULL);
INSERT INTO "shares_1_claims" VALUES(30,13,4,1,'until','2025-04-01','2025-04-01','share','pays','{"kind":"pays","from":"2026-03-01","payer":"A","payee":"B","terms":"14% of revenue every quarter","name":"share"}','2026-03-01','9999-12-31','binding','13',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(31,14,5,1,'until','2025-05-01','2025-05-01','share','pays','{"kind":"pays","from":"2027-01-01","payer":"A","payee":"B","terms":"9% of revenue every quarter","name":"share"}','2027-01-01','9999-12-31','planned','14',1,0,0,1,NULL);
INSERT INTO "shares_1_claims" VALUES(32,14,5,1,'until','2025-05-01','2025-05-01','term','term','{"kind":"term","from":"2025-01-01","through":"2029-12-31"}','2025-01-01','2030-01-01','planned','14',0,0,0,1,NULL);
INSERT INTO "shares_1_claims" VALUES(33,15,6,1,'until','2025-06-01','2025-06-01','party C','member','{"kind":"member","from":"2025-06-01","survives":true,"party":"C"}','2025-06-01','9999-12-31','binding','15',0,1,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(34,15,6,1,'until','2025-06-01','2025-06-01','member C of resellers','member','{"kind":"member","from":"2025-06-01","party":"C","pool":"resellers","part":"40%"}','2025-06-01','9999-12-31','binding','15',1,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(35,16,7,1,'until','2025-07-01','2025-07-01','extra','pays','{"kind":"pays","from":"2025-07-01","through":"2025-12-31","payer":"A","payee":"C","terms":"1% of revenue every quarter","name":"extra"}','2025-07-01','2026-01-01','interim','16',0,0,0,0,NULL);
INSERT INTO "shares_1_claims" VALUES(36,17,8,1,'until','2025-08-01','2025-08-01','term','term','{"kind":"term","from":"2028-12-31","through":"2028-12-31","ended":true}','2028-12-31','2029-01-01','binding','17',0,0,1,0,NULL);
CREATE TABLE shares_1_endings (
	entry INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	confirmed INTEGER NOT NULL, 
	deal TEXT NOT NULL, 
	dated TEXT NOT NULL, 
	known_since TEXT NOT NULL, 
	"plan" INTEGER NOT NULL
);
CREATE TABLE shares_1_fates (
	entry INTEGER NOT NULL, 
	since INTEGER NOT NULL, 
	stands INTEGER NOT NULL, 
	PRIMARY KEY (entry, since)
);
INSERT INTO "shares_1_fates" VALUES(6,9,0);
INSERT INTO "shares_1_fates" VALUES(17,18,0);
CREATE TABLE shares_1_keys (
	deal TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	PRIMARY KEY (deal, "key")
);
INSERT INTO "shares_1_keys" VALUES('shorter','');
INSERT INTO "shares_1_keys" VALUES('shorter','party A');
INSERT INTO "shares_1_keys" VALUES('shorter','party B');
INSERT INTO "shares_1_keys" VALUES('shorter','share');
INSERT INTO "shares_1_keys" VALUES('shorter','audit');
INSERT INTO "shares_1_keys" VALUES('lapse','');
INSERT INTO "shares_1_keys" VALUES('lapse','party A');
INSERT INTO "shares_1_keys" VALUES('lapse','party B');
INSERT INTO "shares_1_keys" VALUES('lapse','share');
INSERT INTO "shares_1_keys" VALUES('lapse','fee');
INSERT INTO "shares_1_keys" VALUES('lapse','brand');
INSERT INTO "shares_1_keys" VALUES('lapse','term');
INSERT INTO "shares_1_keys" VALUES('until','');
INSERT INTO "shares_1_keys" VALUES('until','party A');
INSERT INTO "shares_1_keys" VALUES('until','party B');
INSERT INTO "shares_1_keys" VALUES('until','share');
INSERT INTO "shares_1_keys" VALUES('until','member B of resellers');
INSERT INTO "shares_1_keys" VALUES('until','term');
INSERT INTO "shares_1_keys" VALUES('until','party C');
INSERT INTO "shares_1_keys" VALUES('until','member C of resellers');
INSERT INTO "shares_1_keys" VALUES('until','extra');
CREATE TABLE shares_1_met (
	entry INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	confirmed INTEGER NOT NULL, 
	deal TEXT NOT NULL, 
	dated TEXT NOT NULL, 
	known_since TEXT NOT NULL, 
	condition TEXT NOT NULL, 
	day TEXT NOT NULL
);
INSERT INTO "shares_1_met" VALUES(4,4,1,'shorter','2026-06-10','2026-06-10','launch','2026-06-01');
INSERT INTO "shares_1_met" VALUES(19,10,1,'until','2025-09-10','2025-09-10','agi-verified','2025-09-01');
CREATE TRIGGER entries_never_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER entries_never_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER ledger_never_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER ledger_never_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER checkpoints_never_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER checkpoints_never_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE TRIGGER entries_never_replace BEFORE INSERT ON entries WHEN EXISTS (SELECT 1 FROM entries WHERE position = NEW.position OR (deal = NEW.deal AND version = NEW.version) OR key = NEW.key) BEGIN SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted'); END;
CREATE INDEX shares_1_claims_order ON shares_1_claims (deal, "key", dated DESC, place DESC);
CREATE INDEX shares_1_endings_of ON shares_1_endings (deal, "plan");
CREATE INDEX shares_1_met_of ON shares_1_met (deal, condition);
COMMIT;
