extension UnitOfWork {
  /// Answers whoever sent the message that is handled, if they wait.
  public func answer<M: Message>(_ message: M) throws {
    guard let cause else { return }
    try reply(message, to: cause.replyTo, correlation: cause.correlation)
  }
}
