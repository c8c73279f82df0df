/// An activated account.
struct Account: Sendable, Equatable {
  /// Stake that was given up and waits until its TRX come free.
  struct Unfrozen: Sendable, Equatable {
    let resource: Resource
    /// sun
    let amount: Int64
    let expiresAtMs: Int64
  }

  let address: Address
  /// sun
  var balance: Int64 = 0
  var isContract = false
  let createdAtMs: Int64
  var latestOperationMs: Int64 = 0
  var energy = ResourceAccount()
  var bandwidth = ResourceAccount()
  var freeBandwidth = UsageMeter()
  /// In the order of the operations.
  var unfrozen: [Unfrozen] = []
  var ownerPermission: Permission
  var witnessPermission: Permission?
  var activePermissions: [Permission]

  init(address: Address, createdAtMs: Int64) {
    self.address = address
    self.createdAtMs = createdAtMs
    ownerPermission = .defaultOwner(address)
    activePermissions = [.defaultActive(address)]
  }

  subscript(resource: Resource) -> ResourceAccount {
    get { resource == .energy ? energy : bandwidth }
    set {
      if resource == .energy { energy = newValue } else { bandwidth = newValue }
    }
  }

  /// sun that waited long enough
  func withdrawable(at nowMs: Int64) -> Int64 {
    unfrozen.reduce(0) { $1.expiresAtMs <= nowMs ? $0 + $1.amount : $0 }
  }

  func permission(_ id: Int64) -> Permission? {
    switch id {
    case 0: ownerPermission
    case 1: witnessPermission
    default: activePermissions.first { $0.id == id }
    }
  }
}
