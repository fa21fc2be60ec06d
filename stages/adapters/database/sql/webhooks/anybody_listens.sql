-- Whether any endpoint may want to hear of such an event.
select exists (select from webhook_endpoints where removed_at is null and (events = '{}' or $1 = any(events)))
