-- Which form the shop refused; only a refused dispute is to be tried again every day.
ALTER TABLE refusals ADD COLUMN form TEXT NOT NULL DEFAULT 'dispute';
