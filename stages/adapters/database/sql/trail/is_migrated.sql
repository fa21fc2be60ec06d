select to_regclass('outbox') is not null
