-- Locked from the first write until the connection is closed: one connector, one memory.
pragma locking_mode = exclusive;
pragma journal_mode = wal;
create table if not exists pushed (identity text primary key, at real not null) without rowid;
create table if not exists checkpoint (id integer primary key check (id = 1), token text not null);
