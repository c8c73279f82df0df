/// Says when it is worth looking for work that is due: some was recorded, something has ended for which other work
/// waits, or a wait that is shorter than the poll is over. What it does not know of is the poll's.
final class Wakes: Sendable {
  /// One element for any number of reasons that came while a look was going on.
  let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let poll: Duration

  /// - Parameter poll: how often it is looked in any case.
  init(poll: Duration) {
    self.poll = poll
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func wake() { continuation.yield() }

  /// Something will be due after this time.
  func wake(after time: Duration) {
    guard time < poll else { return }
    _ = Deadlines.shared.add(after: max(.zero, time)) { [continuation] in continuation.yield() }
  }
}
