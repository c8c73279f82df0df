-- Gives 1,000 customers money, and so many orders to the past: `orders` of them, each held and captured, spread over the
-- customers. psql is given: orders, from (the number of the first).
insert into journal (id, kind, currency, debit, credit, amount, customer, body_hash, created_at)
  select 'credit:bench-' || n, 'credit', 'TRX', 'adjustments', 'customer:cus_' || lpad(to_hex(n), 32, '0'),
    1000000000000000, 'cus_' || lpad(to_hex(n), 32, '0'), repeat('0', 64), now()
  from generate_series(0, 999) as n where :from = 0;
insert into accounts (id, available, held, seq, updated_at)
  select 'cus_' || lpad(to_hex(n), 32, '0'), 1000000000000000, 0, 0, now()
  from generate_series(0, 999) as n where :from = 0;
insert into holds (id, customer, amount, state, captured, answer_seq, answer_available, settled_seq, created_at, updated_at)
  select 'ord_' || lpad(to_hex(n), 32, '0'), 'cus_' || lpad(to_hex(n % 1000), 32, '0'), 3900000, 'captured', 3900000,
    n, 1000000, n, now(), now()
  from generate_series(:from, :from + :orders - 1) as n;
insert into journal (id, kind, currency, debit, credit, amount, order_id, customer, body_hash, created_at)
  select line.kind || ':' || o.id, line.kind, 'TRX',
    case line.kind when 'hold' then 'customer:' else 'held:' end || o.customer,
    case line.kind when 'hold' then 'held:' || o.customer else 'revenue' end, 3900000, o.id, o.customer,
    repeat('0', 64), now()
  from (select 'ord_' || lpad(to_hex(n), 32, '0') as id, 'cus_' || lpad(to_hex(n % 1000), 32, '0') as customer
    from generate_series(:from, :from + :orders - 1) as n) as o
  cross join (values ('hold'), ('capture')) as line (kind);
update accounts set available = available - spent.amount
  from (select 'cus_' || lpad(to_hex(n % 1000), 32, '0') as id, 3900000 * count(*) as amount
    from generate_series(:from, :from + :orders - 1) as n group by 1) as spent
  where accounts.id = spent.id;
