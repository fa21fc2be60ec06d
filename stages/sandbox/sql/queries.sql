-- name: insert_object
INSERT INTO objects (id, kind, owner, related, due_at, created, request_key, body)
VALUES (:id, :kind, :owner, :related, :due_at, :created, :request_key, :body);

-- name: replace_object
UPDATE objects SET body = :body, owner = :owner, related = :related, due_at = :due_at WHERE id = :id;

-- name: select_object
SELECT body FROM objects WHERE id = :id AND kind = :kind;

-- name: delete_customer
DELETE FROM objects WHERE id = :id AND kind = 'customer';

-- name: delete_cards
DELETE FROM objects WHERE owner = :id AND kind = 'payment_method';

-- name: select_any_object
SELECT body FROM objects WHERE id = :id;

-- name: select_position
SELECT seq FROM objects WHERE id = :id AND kind = :kind;

-- name: list_objects
SELECT body FROM objects
WHERE kind = :kind AND created BETWEEN :created_from AND :created_to
  AND seq > :after AND seq < :before
ORDER BY seq DESC LIMIT :limit;

-- name: list_objects_of_owner
SELECT body FROM objects
WHERE kind = :kind AND owner = :owner AND created BETWEEN :created_from AND :created_to
  AND seq > :after AND seq < :before AND (:related IS NULL OR related = :related)
ORDER BY seq DESC LIMIT :limit;

-- name: list_objects_related
SELECT body FROM objects
WHERE kind = :kind AND related = :related AND created BETWEEN :created_from AND :created_to
  AND seq > :after AND seq < :before
ORDER BY seq DESC LIMIT :limit;

-- name: select_due_objects
SELECT body FROM objects WHERE due_at <= :now ORDER BY due_at;

-- name: select_all_of_kind
SELECT body, request_key FROM objects WHERE kind = :kind ORDER BY seq;

-- name: select_answer
SELECT endpoint, fingerprint, status, body, request_id, created FROM idempotent_answers WHERE key = :key;

-- name: insert_answer
INSERT INTO idempotent_answers (key, endpoint, fingerprint, status, body, request_id, created)
VALUES (:key, :endpoint, :fingerprint, :status, :body, :request_id, :created)
ON CONFLICT (key) DO UPDATE SET endpoint = excluded.endpoint, fingerprint = excluded.fingerprint,
    status = excluded.status, body = excluded.body, request_id = excluded.request_id, created = excluded.created;

-- name: insert_message
INSERT INTO messages (sid, recipient, sender, body, status, last_status, last_error, status_callback,
                      created, updated, due_at)
VALUES (:sid, :recipient, :sender, :body, :status, :last_status, :last_error, :status_callback,
        :created, :created, :due_at);

-- name: select_message
SELECT * FROM messages WHERE sid = :sid;

-- name: list_messages
SELECT * FROM messages
WHERE (:recipient IS NULL OR recipient = :recipient) AND (:sender IS NULL OR sender = :sender)
  AND seq < :before
ORDER BY seq DESC LIMIT :limit;

-- name: select_message_position
SELECT seq FROM messages WHERE sid = :sid;

-- name: select_due_messages
SELECT * FROM messages WHERE due_at <= :now ORDER BY due_at, seq LIMIT 500;

-- name: move_message
UPDATE messages SET status = :status, error_code = :error_code, sent = coalesce(sent, :sent),
    updated = :now, due_at = :due_at
WHERE sid = :sid;

-- name: select_all_messages
SELECT * FROM messages ORDER BY seq;

-- name: insert_delivery
INSERT INTO deliveries (scheme, url, secret, body, attempts_limit, due_at)
VALUES (:scheme, :url, :secret, :body, :attempts_limit, :due_at);

-- name: select_due_deliveries
SELECT id, scheme, url, secret, body, attempts, attempts_limit FROM deliveries
WHERE due_at <= :now ORDER BY due_at, id LIMIT 64;

-- name: settle_delivery
UPDATE deliveries SET attempts = :attempts, last_answer = :answer, due_at = :due_at WHERE id = :id;

-- name: next_delivery
SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL;

-- name: next_change
SELECT min(due_at) FROM (
    SELECT min(due_at) AS due_at FROM objects WHERE due_at IS NOT NULL
    UNION ALL
    SELECT min(due_at) FROM messages WHERE due_at IS NOT NULL
);

-- name: count_deliveries
SELECT count(*) FILTER (WHERE due_at IS NOT NULL), count(*) FILTER (WHERE due_at IS NULL) FROM deliveries;
