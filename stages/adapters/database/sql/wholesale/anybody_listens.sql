-- Whether any endpoint may want to hear of new orders.
select exists (
    select from webhook_endpoints where removed_at is null and (events = '{}' or 'order.placed' = any(events)))
