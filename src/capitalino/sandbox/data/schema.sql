-- What the sandbox remembers. Amounts are decimal texts, instants are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS stretch (
    from_ms INTEGER PRIMARY KEY,
    position_ms INTEGER NOT NULL,
    speed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS balance (
    asset TEXT PRIMARY KEY,
    free TEXT NOT NULL,
    locked TEXT NOT NULL DEFAULT '0'
);
CREATE TABLE IF NOT EXISTS venue_order (
    order_id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    time_in_force TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    quote_quantity TEXT NOT NULL,
    status TEXT NOT NULL,
    executed TEXT NOT NULL DEFAULT '0',
    executed_quote TEXT NOT NULL DEFAULT '0',
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    venue TEXT NOT NULL DEFAULT 'binance'
);
CREATE INDEX IF NOT EXISTS venue_order_client ON venue_order (client_order_id);
CREATE INDEX IF NOT EXISTS venue_order_open ON venue_order (status) WHERE status IN ('NEW', 'PARTIALLY_FILLED');
CREATE TABLE IF NOT EXISTS fill (
    fill_id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES venue_order,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    fee TEXT NOT NULL,
    fee_asset TEXT NOT NULL,
    is_maker INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS fill_order ON fill (order_id);
CREATE TABLE IF NOT EXISTS deposit (
    deposit_id TEXT PRIMARY KEY,
    asset TEXT NOT NULL,
    network TEXT NOT NULL,
    amount TEXT NOT NULL,
    address TEXT NOT NULL,
    tag TEXT NOT NULL,
    txid TEXT NOT NULL,
    arrived_ms INTEGER NOT NULL,
    credit_ms INTEGER NOT NULL,
    credited INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS mail (
    message_id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deposit_due ON deposit (credit_ms) WHERE NOT credited;
