-- Stores comments; one that is there already is left as it is.
insert into chat_messages (
    id, seq, streamer, client, client_id, platform, message, message_id, sent_at, frame_urls, source, verified, kind
)
select id, seq, streamer, client, client_id, platform, message, message_id, sent_at,
       array(select jsonb_array_elements_text(frame_urls::jsonb)), source, verified, kind
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::timestamptz[], $10::text[], $11::text[], $12::boolean[], $13::text[])
     as c (id, seq, streamer, client, client_id, platform, message, message_id, sent_at, frame_urls, source,
           verified, kind)
on conflict (id) do nothing
