-- Writes what the intent stage made of comments.
update chat_messages as m
set nlp_intent = c.intent, nlp_score = c.score, quantity = c.quantity, variant = c.variant, code = c.code,
    language = c.language
from unnest($1::uuid[], $2::text[], $3::real[], $4::int[], $5::text[], $6::text[], $7::text[])
     as c (id, intent, score, quantity, variant, code, language)
where m.id = c.id
