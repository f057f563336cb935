-- What the sandbox remembers. Amounts are decimal texts, instants are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS stretch (
    of TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    position_ms INTEGER NOT NULL,
    speed INTEGER NOT NULL,
    PRIMARY KEY (of, from_ms)
);
CREATE TABLE IF NOT EXISTS balance (
    venue TEXT NOT NULL,
    asset TEXT NOT NULL,
    free TEXT NOT NULL,
    locked TEXT NOT NULL DEFAULT '0',
    PRIMARY KEY (venue, asset)
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
    credited INTEGER NOT NULL,
    venue TEXT NOT NULL DEFAULT 'binance'
);
CREATE TABLE IF NOT EXISTS withdrawal (
    withdrawal_id INTEGER PRIMARY KEY AUTOINCREMENT,
    venue TEXT NOT NULL,
    client_id TEXT NOT NULL,
    asset TEXT NOT NULL,
    network TEXT NOT NULL,
    amount TEXT NOT NULL,
    fee TEXT NOT NULL,
    address TEXT NOT NULL,
    tag TEXT NOT NULL,
    address_name TEXT NOT NULL,
    txid TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    send_ms INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS withdrawal_client ON withdrawal (venue, client_id);
CREATE TABLE IF NOT EXISTS address (
    venue TEXT NOT NULL,
    name TEXT NOT NULL,
    asset TEXT NOT NULL,
    address TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (venue, asset, name)
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
