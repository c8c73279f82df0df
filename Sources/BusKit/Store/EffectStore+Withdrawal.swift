import Postgres

/// Effects that a unit of work takes back: those of one kind and order key.
struct EffectWithdrawal: Hashable {
  let kind: String
  let orderKey: String
}

extension EffectStore {
  /// Deletes what is withdrawn and not being run. What somebody else has locked is being taken, renewed or ended, and
  /// stays: to wait for it could turn round the order of locks, in which effects come before a unit's rows.
  ///
  /// As in `take`, the subquery's order leaves the planner no other index.
  static func enqueueWithdrawals(_ withdrawals: Set<EffectWithdrawal>, in session: PostgresSession) throws {
    guard !withdrawals.isEmpty else { return }
    let withdrawals = Array(withdrawals)
    try session.enqueue(
      """
      delete from effects where id = any(array(
        select found.id from unnest($1::text[], $2::text[]) as withdrawn (kind, order_key),
        lateral (
          select effect.id from effects as effect
          where effect.order_key = withdrawn.order_key and effect.state = 'pending' and effect.kind = withdrawn.kind
            and (effect.lease_until is null or effect.lease_until < statement_timestamp())
          order by effect.order_key, effect.place, effect.seq for update skip locked) as found))
      """, [.textArray(withdrawals.map(\.kind)), .textArray(withdrawals.map(\.orderKey))])
  }
}
