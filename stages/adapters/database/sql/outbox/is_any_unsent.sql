select exists (select from outbox where sent_at is null)
