import Postgres

enum TxMigrations {
  static let all = [
    Migration(
      version: 1, name: "delegations",
      sql: """
        create table supplier_wallets (
          address text primary key,
          encrypted_key text not null,
          key_id text not null,
          permission_id int not null check (permission_id = 0 or permission_id >= 2),
          is_enabled boolean not null,
          delegatable bigint not null check (delegatable >= 0),
          reserved bigint not null check (reserved >= 0),
          delegated bigint not null check (delegated >= 0),
          bandwidth bigint not null,
          balance bigint not null,
          figures_block bigint not null,
          refresh_at timestamptz not null,
          avoid_until timestamptz,
          added_at timestamptz not null
        );

        create table delegations (
          id text primary key,
          customer text not null,
          receiver text not null,
          energy bigint not null check (energy >= 0),
          duration_seconds bigint not null,
          deadline timestamptz not null,
          state text not null,
          is_withdrawn boolean not null,
          failure text,
          legs_planned int not null,
          started_at_ms bigint,
          ends_at_ms bigint,
          seq bigint not null,
          submitted_seq bigint,
          confirmed_seq bigint,
          cost bigint not null,
          correlation text not null,
          created_at timestamptz not null
        );
        create index delegations_unfinished on delegations (state) where state not in ('failed', 'reclaimed');

        create table legs (
          id text primary key,
          order_id text not null references delegations (id),
          supplier text not null,
          energy bigint not null check (energy > 0),
          stake bigint not null check (stake >= 1000000),
          state text not null,
          reserved_by text,
          is_counted boolean not null,
          tx_id text,
          reclaim_tx_id text,
          block_number bigint,
          block_time_ms bigint,
          note text
        );
        create index legs_order on legs (order_id);
        create index legs_reserved on legs (reserved_by) where reserved_by is not null;

        create table transactions (
          id text primary key,
          order_id text not null,
          leg_id text not null,
          purpose text not null,
          bytes bytea not null,
          expiration_ms bigint not null,
          signed_at timestamptz not null,
          state text not null,
          block_number bigint,
          block_id text,
          block_time_ms bigint,
          result text,
          fee bigint,
          note text
        );
        create index transactions_order on transactions (order_id);
        create index transactions_block on transactions (block_id) where block_id is not null;
        create index transactions_in_block on transactions (block_number) where state = 'in_block';
        -- I10, whatever the code does: one leg never has two transactions of a kind that may take effect.
        create unique index transactions_one_live on transactions (leg_id, purpose) where state <> 'dead';

        create table sendings (
          id text primary key,
          tx_id text not null references transactions (id),
          order_id text not null,
          node text not null,
          sent_at timestamptz not null,
          outcome text,
          code text,
          message text
        );
        create index sendings_tx on sendings (tx_id);
        create index sendings_order on sendings (order_id);

        create table block_cursor (
          id text primary key,
          number bigint not null,
          block_id text not null,
          time_ms bigint not null,
          advanced_at timestamptz not null,
          head_number bigint not null,
          solid_number bigint not null,
          solid_block_id text not null,
          solid_time_ms bigint not null,
          interval_ms bigint not null,
          follower text not null,
          lease_until timestamptz not null
        );

        create table followed_blocks (
          number text primary key,
          block_id text not null,
          parent_id text not null,
          time_ms bigint not null
        );

        create table chain_ratio (
          id text primary key,
          total_energy_limit bigint not null check (total_energy_limit > 0),
          total_energy_weight bigint not null check (total_energy_weight > 0),
          read_at timestamptz not null
        );

        create table signing_state (
          id text primary key,
          mode text not null,
          hour_started_at timestamptz not null,
          hour_energy bigint not null
        );

        create table operator_records (
          id text primary key,
          command text not null,
          subject text not null,
          ok boolean not null,
          code text not null,
          detail text not null,
          at timestamptz not null
        );

        create table pool_figure (
          id text primary key,
          seq bigint not null,
          available bigint not null,
          delegated bigint not null,
          wallets int not null,
          published_at timestamptz not null
        );
        """),
    pool,
    keys,
    deposits,
    reclaims,
    strays,
    refresh,
    own,
    indexes,
    passed,
  ]
}
