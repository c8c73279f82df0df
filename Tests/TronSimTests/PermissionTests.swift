import Testing

@testable import TronSim

@Suite struct PermissionTests {
  struct Mistake: Sendable, CustomStringConvertible {
    let description: String
    let change: @Sendable (inout ContractCall.PermissionUpdate) -> Void
  }

  private static let stranger = TestChain.key(3).address.bytes

  static let mistakes: [Mistake] = [
    Mistake(description: "owner permission is missed") { $0.owner = nil },
    Mistake(description: "account isn't witness can't set witness permission") { $0.witness = $0.owner },
    Mistake(description: "active permission is missed") { $0.actives = [] },
    Mistake(description: "active permission is too many") {
      $0.actives = [Permission](repeating: $0.actives[0], count: 9)
    },
    Mistake(description: "owner permission type is error") { $0.owner?.type = 2 },
    Mistake(description: "active permission type is error") { $0.actives[0].type = 0 },
    Mistake(description: "number of keys in permission should not be greater than 5") { update in
      update.owner?.keys = (1...6).map { .init(address: TestChain.key($0).address.bytes, weight: 1) }
    },
    Mistake(description: "key's count should be greater than 0") { $0.owner?.keys = [] },
    Mistake(description: "permission's threshold should be greater than 0") { $0.actives[0].threshold = 0 },
    Mistake(description: "permission's name is too long") { $0.actives[0].name = String(repeating: "n", count: 33) },
    Mistake(description: "permission's parent should be owner") { $0.actives[0].parentID = 1 },
    Mistake(description: "address should be distinct in permission Active") {
      $0.actives[0].keys.append($0.actives[0].keys[0])
    },
    Mistake(description: "key is not a validate address") { $0.owner?.keys[0].address = [1, 2] },
    Mistake(description: "key's weight should be greater than 0") { $0.owner?.keys[0].weight = 0 },
    Mistake(description: "sum of all key's weight should not be less than threshold in permission Owner") {
      $0.owner?.threshold = 2
    },
    Mistake(description: "Owner permission needn't operations") { $0.owner?.operations = Permission.knownOperations },
    Mistake(description: "operations size must 32") { $0.actives[0].operations = [6] },
    Mistake(description: "60 isn't a validate ContractType") { $0.actives[0].operations[7] |= 0x10 },
  ]

  @Test(arguments: mistakes) func `a set that cannot be is refused in java-tron's words`(_ mistake: Mistake) throws {
    let test = try TestChain()
    let owner = test.supplier.address
    var update = ContractCall.PermissionUpdate(
      account: owner.bytes, owner: .defaultOwner(owner), actives: [.defaultActive(owner)])
    mistake.change(&update)
    let refusal = test.refusal(of: try test.sign(.permissionUpdate(update)))
    #expect(refusal?.message == "Contract validate error : " + mistake.description)
  }

  @Test func `the whole set is replaced for 100 TRX, and nothing else of the account is in that block`() throws {
    let test = try TestChain()
    let owner = test.supplier.address
    var key = Permission.defaultActive(owner)
    key.keys = [.init(address: Self.stranger, weight: 1)]
    let update = ContractCall.permissionUpdate(
      .init(account: owner.bytes, owner: .defaultOwner(owner), actives: [key, key]))
    let transaction = try test.sign(update)
    try test.broadcast(transaction)
    let next = try test.delegate(10)
    try test.broadcast(next)
    test.produce()
    #expect(test.chain.find(transaction.id)?.entry.receipt.fee == 100 * TestChain.trx)
    #expect(test.chain.find(next.id) == nil)
    #expect(test.account(test.supplier)?.activePermissions.map(\.id) == [2, 3])
    #expect(test.account(test.supplier)?.activePermissions[1].keys[0].address == Self.stranger)
  }

  @Test func `without the fee only execution fails`() throws {
    let test = try TestChain()
    try test.adjust(test.supplier, trx: 99, energy: 100_000, bandwidth: 175_000)
    let owner = test.supplier.address
    let update = ContractCall.permissionUpdate(
      .init(account: owner.bytes, owner: .defaultOwner(owner), actives: [.defaultActive(owner)]))
    #expect(
      test.refusal(of: try test.sign(update))
        == .execute("\(owner.hex) insufficient balance, balance: 99000000, amount: 100000000"))
  }
}
