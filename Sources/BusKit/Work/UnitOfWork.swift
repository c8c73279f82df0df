import Foundation

/// One message's (or one effect outcome's) view of the database: rows that were read under lock, as values, and what is
/// to be written. It cannot do I/O and cannot await; everything it holds is flushed in one round trip with the commit.
///
/// Not Sendable: it lives and dies inside the closure it is given to.
public final class UnitOfWork {
  /// The database's time of this transaction. Deadlines are judged by it, never by a process clock.
  public let now: Date
  /// The message being handled; nil for units that no message started.
  public let cause: Envelope?
  let workspace: Workspace

  init(now: Date, cause: Envelope?, workspace: Workspace) {
    self.now = now
    self.cause = cause
    self.workspace = workspace
  }

  /// The row with this key, or nil when there is none. The row must have been declared in `needs`.
  public func find<R: Row>(_ type: R.Type, _ key: String) throws -> R? { try workspace.find(type, key) }

  /// All loaded rows of a table that fit, in key order, with what this unit and the ones before it in the batch
  /// changed.
  public func all<R: Row>(_ type: R.Type, where fits: (R) -> Bool = { _ in true }) throws -> [R] {
    try workspace.all(type).filter(fits)
  }

  /// The loaded rows whose column has this value, in key order. Unlike a condition it does not look at the others: the
  /// way to take one aggregate's rows out of a unit with many.
  public func all<R: Row>(_ type: R.Type, where column: String, is value: String) throws -> [R] {
    try workspace.all(type, where: column, is: value)
  }

  /// Writes a row: an update when it was loaded, an insert otherwise. A row that was not declared can only be inserted.
  public func save<R: Row>(_ row: R) throws { try workspace.save(row) }

  /// Deletes a row that was declared in `needs`; nothing happens when there is none.
  public func delete<R: Row>(_ type: R.Type, _ key: String) throws { try workspace.delete(type, key) }

  /// Records a message; it leaves after the commit, or at `at` when that is later.
  public func publish<M: Message>(
    _ message: M, at: Date? = nil, timeToLive: Duration? = nil, replyTo: String = "", correlation: String? = nil
  ) throws {
    try workspace.publish(
      Outgoing(message, topic: M.topic, now: now, cause: cause, timeToLive: timeToLive, replyTo: replyTo,
        correlation: correlation), at: at)
  }

  /// Answers a process that waits (`Bus.expectReply`). Lost when that process is gone, which is why it is never the
  /// only way to learn the outcome.
  public func reply<M: Message>(_ message: M, to process: String, correlation: String) throws {
    guard !process.isEmpty else { return }
    try workspace.publish(
      Outgoing(message, topic: .replies(process: process), now: now, cause: cause, timeToLive: .seconds(60),
        replyTo: "", correlation: correlation), at: nil)
  }

  /// Records work for the world outside.
  public func start<E: Effect>(_ effect: E, at: Date? = nil) throws {
    try workspace.start(effect, at: at, cause: cause)
  }

  /// Takes back the effects of a kind and order key that are recorded and have become pointless, those of this unit
  /// included. It holds for the moment of its transaction: an effect that is leased then, because it runs or because
  /// its process died with it, stays and is run to its end, or again once its lease is over. What is recorded after
  /// this call stays as well.
  public func withdraw<E: Effect>(_ kind: E.Type, orderKey: String) {
    workspace.withdraw(EffectWithdrawal(kind: E.kind, orderKey: orderKey))
  }
}
