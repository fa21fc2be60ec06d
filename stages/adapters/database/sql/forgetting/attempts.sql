-- What the provider was asked holds its names of the customer and the card.
update payment_attempts set parameters = '{}' where order_id = any($1)
