/// Everything that transactions change. A value: a block's state can be kept beside the next one's.
struct ChainState: Sendable {
  var accounts: SharedMap<Address, Account> = [:]
  var delegations: SharedMap<Delegation.Pair, Delegation> = [:]
  /// micro-USDT by holder; a holder need not be an activated account.
  var usdt: SharedMap<Address, Int64> = [:]
  /// The one contract that the chain can execute.
  var usdtContract = Genesis.mainnetUSDT
  /// Contracts that send the TRX of a call on to the address in its first argument.
  var forwarders: Set<Address> = []
  /// Contracts that call themselves USDT, and log whatever they are told to.
  var counterfeits: Set<Address> = []
  var allowances: SharedMap<TokenAllowance, Word> = [:]
  /// Holders who may not send USDT.
  var blacklisted: Set<Address> = []
  var parameters = ChainParameters()

  /// The parts of the state that one transaction may change, to put back when it is refused half-way.
  struct Savepoint {
    fileprivate var accounts: [(Address, Account?)] = []
    fileprivate var delegations: [(Delegation.Pair, Delegation?)] = []
  }

  func savepoint(for call: ContractCall) -> Savepoint {
    var savepoint = Savepoint()
    let owner = Address(bytes: call.owner)
    let other = call.counterparty.flatMap { Address(bytes: $0) }
    for address in [owner, other].compactMap(\.self) { savepoint.accounts.append((address, accounts[address])) }
    if let owner, let other {
      let pair = Delegation.Pair(from: owner, to: other)
      savepoint.delegations.append((pair, delegations[pair]))
    }
    return savepoint
  }

  mutating func restore(_ savepoint: Savepoint) {
    for (address, account) in savepoint.accounts { accounts[address] = account }
    for (pair, delegation) in savepoint.delegations { delegations[pair] = delegation }
  }

  /// Units the account may use in all, and has used as of `nowMs`.
  func resources(_ resource: Resource, of account: Account, at nowMs: Int64) -> (limit: Int64, used: Int64) {
    (parameters.units(resource, stake: account[resource].usable), account[resource].meter.current(at: nowMs))
  }

  /// Sun that the account could lend: its own stake less what its own usage still occupies. Usage counts against
  /// acquired stake first.
  func lendable(_ resource: Resource, of account: Account, at nowMs: Int64, reserved: Int64 = 0) -> Int64 {
    let part = account[resource]
    let occupied = parameters.stake(resource, units: part.meter.current(at: nowMs) + reserved)
    return part.frozen - max(0, occupied - part.acquired)
  }
}
