import Synchronization

/// What the innermost step returned. A middleware that ends without calling `next` has no result to give.
final class LastResult<T: Sendable>: Sendable {
  private let value = Mutex<T?>(nil)

  func set(_ new: T) { value.withLock { $0 = new } }

  func get(_ work: Work) throws -> T {
    guard let value = value.withLock({ $0 }) else {
      throw TransientFailure("a middleware ended \(work.kind.rawValue) \(work.name) without running it")
    }
    return value
  }
}
