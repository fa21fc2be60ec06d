-- So that claims of one buyer on several products are counted one by one.
select id from buyers where id = $1 for no key update
