import Contracts
import Testing
import TronKit

@Suite("What a key may sign")
struct KeyScopeTests {
  private static func address(_ byte: UInt8) throws -> TronAddress {
    try TronAddress(bytes: [0x41] + [UInt8](repeating: byte, count: 20))
  }

  private func permission(
    _ id: Int32, _ types: Set<Int>?, keys: [UInt8: Int64], threshold: Int64 = 1
  ) throws -> AccountPermission {
    AccountPermission(
      id: id, name: "p\(id)", threshold: threshold,
      operations: try types.map { try PermissionOperations(contractTypes: $0) },
      keys: try keys.sorted { $0.key < $1.key }.map { .init(address: try Self.address($0.key), weight: $0.value) })
  }

  private func scope(_ permissions: [AccountPermission], id: Int32 = 2, of signer: UInt8 = 7) throws -> KeyScope {
    KeyScope(of: try Self.address(signer), for: try Self.address(1), permissions, permissionID: id)
  }

  @Test("a restricted key may delegate and take back and nothing else")
  func restricted() throws {
    let scope = try scope([permission(0, nil, keys: [1: 1]), permission(2, [57, 58], keys: [7: 1])])
    #expect(scope.mayDelegate && scope.mayReclaim)
    #expect(scope.excess == [])
  }

  @Test("an account that never set permissions is its own owner, who may do everything")
  func defaultOwner() throws {
    let scope = try scope([], id: 0, of: 1)
    #expect(scope.mayDelegate && scope.mayReclaim)
    #expect(
      scope.excess == ["permission 0 (owner) allows everything: spending, unstaking, and changing the permissions"])
    #expect(try !self.scope([], id: 0).mayDelegate)
  }

  @Test("what else it may do is named, also under permissions that tx-svc would not use")
  func excess() throws {
    let scope = try scope([
      permission(0, nil, keys: [1: 1]), permission(2, [57, 58, 54], keys: [7: 1]),
      permission(3, [1, 200], keys: [7: 2]),
    ])
    #expect(
      scope.excess == [
        "permission 2 (p2) also allows FreezeBalanceV2 (54)", "permission 3 (p3) also allows Transfer (1), type 200",
      ])
  }

  @Test("half a permission, too little weight and another permission's key are not enough")
  func notEnough() throws {
    let owner = try permission(0, nil, keys: [1: 1])
    let half = try scope([owner, permission(2, [57], keys: [7: 1])])
    #expect(half.mayDelegate && !half.mayReclaim)
    let light = try scope([owner, permission(2, [57, 58], keys: [7: 1, 8: 1], threshold: 2)])
    #expect(!light.mayDelegate && !light.mayReclaim)
    #expect(try !scope([owner, permission(3, [57, 58], keys: [7: 1])]).mayDelegate)
    #expect(try !scope([owner, permission(1, nil, keys: [7: 1])], id: 1).mayDelegate, "a witness key signs blocks")
  }
}
