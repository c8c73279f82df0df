/// Look-ups by key: those that are wanted at the same time are read together.
public struct LookUps<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Wish: Sendable {
    let key: Key
    let bus: Bus
  }

  private let read: @Sendable (Set<Key>, Bus) async throws -> [Key: Value]
  private let gathering: Gathering<Wish, Result<Value?, any Error>?>

  /// - Parameters:
  ///   - readsMax: how many reads run at the same time.
  ///   - keysMax: wishes of one read.
  ///   - read: what is known of these keys.
  public init(
    readsMax: Int = 1, keysMax: Int = 64, _ read: @escaping @Sendable (Set<Key>, Bus) async throws -> [Key: Value]
  ) {
    self.read = read
    gathering = Gathering(leadersMax: readsMax, itemsMax: keysMax) { wishes in
      guard let bus = wishes.first?.bus else { return { _ in nil } }
      do {
        let found = try await read(Set(wishes.map(\.key)), bus)
        return { .success(found[wishes[$0].key]) }
      } catch {
        // Of several each asks alone: the error may be the fault of one, or of the leader's end.
        return { _ in wishes.count == 1 ? .failure(error) : nil }
      }
    }
  }

  /// nil when nothing is known of the key.
  public func read(_ key: Key, _ bus: Bus) async throws -> Value? {
    if let result = await gathering.answer(Wish(key: key, bus: bus)) { return try result.get() }
    return try await read([key], bus)[key]
  }
}
