import TronKit

extension ChainWorld {
  /// A new, activated account that can receive energy.
  func receiver() async throws -> TronAddress {
    let address = try PrivateKey.generate().address
    try await sim.account(address, trx: 1_000_000)
    return address
  }

  /// A new contract.
  func contract() async throws -> TronAddress {
    let address = try PrivateKey.generate().address
    try await sim.account(address, trx: 0, isContract: true)
    return address
  }
}

extension Sequence where Self: Sendable, Element: Sendable {
  /// One after another.
  func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
    var all: [T] = []
    for element in self { all.append(try await transform(element)) }
    return all
  }
}
