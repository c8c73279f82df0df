import BusKit
import Contracts
import Foundation
import Synchronization
import TronKit

/// Answers for tx-svc about the solid chain, as it is told to.
final class FakeTxSvc: Sendable {
  struct Account: Sendable {
    var sun: Int64 = 0
    var usdt: Int64 = 0
    var dust: Int64 = 0
    var dustUsdt: Int64 = 0
  }

  struct State: Sendable {
    var accounts: [TronAddress: Account] = [:]
    var wallets: [TronAddress] = []
    var isAway = false
    /// Which it does not watch.
    var unwatched: Set<TronAddress> = []
    /// How far its scan is behind the balances.
    var blocksBehind: Int64 = 0
    /// Addresses of each question.
    var asked: [Int] = []
  }

  let state = Mutex(State())

  var service: Service {
    var service = Service(name: ServiceName.tx, schema: "tx_svc", migrations: [])
    service.answer(GetSolidBalances.self) { query, _ in try self.answer(query.addresses) }
    service.answer(GetPool.self) { _, _ in
      let wallets = self.state.withLock(\.wallets).map {
        PoolView.Wallet(address: $0, available: .zero, delegatedStake: .zero, isEnabled: true)
      }
      return PoolView(wallets: wallets, signing: .everything)
    }
    return service
  }

  private func answer(_ addresses: [TronAddress]) throws -> SolidBalancesView {
    try state.withLock { state in
      if state.isAway { throw QueryFailure(code: "chain_unreachable", message: "no node answers") }
      state.asked.append(addresses.count)
      let balances = addresses.map { address in
        let account = state.accounts[address] ?? Account()
        return SolidBalancesView.Balance(
          address: address, isActivated: true, available: Sun(account.sun), staked: .zero, unstaking: .zero,
          token: account.usdt, blockNumber: 1_000, blockTime: Date(timeIntervalSince1970: 1), blockNumberAfter: 1_000,
          isWatched: !state.unwatched.contains(address), dust: Sun(account.dust), dustToken: account.dustUsdt)
      }
      return SolidBalancesView(
        balances: balances, token: USDT.mainnet, scannedNumber: 1_000 - state.blocksBehind)
    }
  }
}
