-- An index finds nothing for a question in other words than its own: each warning was looked for among all of them.
DROP INDEX notices_once;
CREATE UNIQUE INDEX notices_once ON notices (COALESCE(order_id, 0), key);
CREATE INDEX notices_of_order ON notices (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX deliveries_tried ON deliveries (tries) WHERE tries > 0;
