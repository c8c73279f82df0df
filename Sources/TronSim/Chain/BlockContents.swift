/// What becomes of the transactions of blocks that are replaced by others.
enum BlockContents: String, CaseIterable, Sendable {
  /// They wait again; the replacing blocks are empty.
  case returned = "return"
  /// No node knows them any more; the replacing blocks are empty.
  case lost = "lose"
  /// They are in the last replacing block, in the opposite order: no block is older than what is in it. One that needs
  /// another before it is refused and lost.
  case reversed = "reverse"

  /// The transactions for as many replacing blocks.
  func replacing(_ blocks: some Collection<Block>) -> [[Transaction]] {
    let lists = blocks.map { $0.entries.map(\.transaction) }
    let empty: [[Transaction]] = lists.map { _ in [] }
    return self == .reversed && !lists.isEmpty ? empty.dropLast() + [lists.joined().reversed()] : empty
  }
}
