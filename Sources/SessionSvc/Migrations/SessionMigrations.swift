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
        """),
    // Room in the page of a row that is changed at each step, so that it stays there.
    Migration(
      version: 2, name: "room for changes",
      sql: """
        alter table profiles set (fillfactor = 80);
        alter table conversations set (fillfactor = 70);
        alter table order_screens set (fillfactor = 80);
        """),
  ]
}
