-- Where somebody of this name has bought or written.
select platform from buyers where handle = $1 and erased_at is null
union select platform from chat_messages where client = $1
order by platform
