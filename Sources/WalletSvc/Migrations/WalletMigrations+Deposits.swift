import Postgres

extension WalletMigrations {
  /// Addresses that we own, and what has arrived on them. Addresses are never deleted: whoever was given one may pay to
  /// it years later.
  static let deposits = Migration(
    version: 7, name: "deposits",
    sql: """
      -- One for each extended public key that was ever configured.
      create table deposit_generations (
        id text primary key,
        number bigint not null unique,
        next_index bigint not null check (next_index between 0 and 2147483648),
        created_at timestamptz not null
      );

      create table deposit_addresses (
        id text primary key,
        place text not null check (place in ('deposits', 'treasury')),
        fingerprint text references deposit_generations (id),
        generation bigint,
        index bigint,
        customer text,
        state text not null check (state in ('new', 'registered', 'watched')),
        -- Its generation's fingerprint while it may be handed out.
        stock text,
        from_block bigint,
        asked_at timestamptz,
        watched_at timestamptz,
        assigned_at timestamptz,
        money_since timestamptz,
        created_at timestamptz not null,
        check ((place = 'deposits') = (fingerprint is not null)),
        check ((place = 'deposits') = (generation is not null)),
        check ((place = 'deposits') = (index is not null)),
        check (place = 'deposits' or customer is null),
        check (stock is null
          or (stock = fingerprint and customer is null and state = 'watched' and money_since is null)),
        unique (generation, index),
        unique (customer, fingerprint)
      );
      create index deposit_addresses_stock on deposit_addresses (stock) where stock is not null;
      create index deposit_addresses_unconfirmed on deposit_addresses (asked_at) where state <> 'watched';
      create index deposit_addresses_confirmed on deposit_addresses (asked_at)
        where state = 'watched' and money_since is null;
      create index deposit_addresses_unassigned on deposit_addresses (fingerprint)
        where customer is null and money_since is null;
      create index deposit_addresses_watched on deposit_addresses (watched_at) where watched_at is not null;
      create index deposit_addresses_money on deposit_addresses (generation, index) where money_since is not null;

      create table deposits (
        id text primary key,
        number bigint generated always as identity unique,
        address text not null,
        sender text not null,
        customer text,
        currency text check (currency in ('TRX', 'USDT')),
        token text,
        amount bigint check (amount > 0),
        state text not null
          check (state in ('crediting', 'credited', 'held', 'refused', 'returned', 'funding', 'ignored')),
        obstacle text,
        tx_id text not null,
        log_index bigint,
        block_number bigint not null,
        block_time timestamptz not null,
        -- The address, while its coins wait to be given back.
        returns_from text,
        decision jsonb,
        -- Who has said whose it is, while a second operator has to say the same.
        request jsonb,
        created_at timestamptz not null,
        decided_at timestamptz,
        check (returns_from is null or state = 'refused')
      );
      create index deposits_customer on deposits (customer, number);
      create index deposits_state on deposits (state, number);
      create index deposits_created on deposits (created_at);
      create index deposits_returns on deposits (returns_from) where returns_from is not null;
      """)
}
