-- To the end of the transaction. The name is a parameter: others of the role see the text of statements.
select set_config('app.streamer', access_pass($1), true)
