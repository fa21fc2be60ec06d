select to_regclass('outbox') is not null and to_regclass('match_reviews') is not null
