import Postgres

extension WalletMigrations {
  /// Keys that are given up, and where the coins of a deposit lie that may have to be given back.
  static let retirement = Migration(
    version: 8, name: "retired deposit keys, returns",
    sql: """
      alter table deposit_generations add column retired_at timestamptz, add column retirement jsonb;

      -- Where a refused deposit is to go, when not to its sender.
      alter table deposits add column return_to text;
      -- Kept from the moment a deposit is held, so that a sweep can clear it before anybody has decided.
      alter table deposits drop constraint deposits_check;
      update deposits set returns_from = address where state = 'held' and currency is not null;
      """)
}
