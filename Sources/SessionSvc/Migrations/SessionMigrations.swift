import Postgres

enum SessionMigrations {
  static let all = [
    Migration(
      version: 1, name: "profiles, conversations, order screens",
      sql: """
        create table profiles (
          id text primary key,
          language text not null,
          is_language_chosen boolean not null,
          alerts_on boolean not null,
          screen_seq bigint not null
        );

        create table conversations (
          id text primary key,
          state jsonb not null,
          updated_at timestamptz not null
        );
        create index conversations_updated_at on conversations (updated_at);

        create table order_screens (
          id text primary key,
          customer text not null,
          language text not null,
          last_seq bigint not null,
          updated_at timestamptz not null
        );
        create index order_screens_updated_at on order_screens (updated_at);
        """)
  ]
}
