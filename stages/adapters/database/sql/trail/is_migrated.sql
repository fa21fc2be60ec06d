select to_regclass('outbox') is not null and to_regclass('match_reviews') is not null
   and to_regclass('api_keys') is not null
