drop table api_keys;
drop index chat_messages_streamer_seq_rank;
