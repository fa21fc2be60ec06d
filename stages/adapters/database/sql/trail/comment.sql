select id, seq, streamer, client, platform, message, source, verified, kind, sent_at, received_at, nlp_intent,
       nlp_score, quantity, variant, code, language
from chat_messages
where id = $1
