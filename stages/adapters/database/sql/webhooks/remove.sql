-- The endpoint hears no more; what still waits for it is dead. Returns its id, nothing where there is none.
with removed as (
    update webhook_endpoints set removed_at = $2 where id = $1 and removed_at is null returning id
), ended as (
    update webhook_deliveries as d set status = 'dead', error = 'the endpoint was removed'
    from removed where d.endpoint_id = removed.id and d.status = 'waiting'
)
select id from removed
