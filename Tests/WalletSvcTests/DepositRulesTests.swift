import BusKit
import Contracts
import Foundation
import Testing
import TronKit

@testable import WalletSvc

@Suite("What becomes of a deposit")
struct DepositRulesTests {
  private static let ann = CustomerID(text: "cus_ann")
  private static let million: Int64 = 1_000_000

  @Test(
    "follows from the address, the token and the amount",
    arguments: [
      (
        DepositRules.Owner.customer(ann), TronAddress?.none, million,
        DepositRules.Verdict.credit(ann, Money(million, .trx))
      ),
      (.customer(ann), USDT.mainnet, million, .credit(ann, Money(million, .usdt))),
      (.customer(ann), USDT.nile, million, .hold(.unknownToken, nil)),
      (.customer(ann), nil, million - 1, .ignore(Money(million - 1, .trx))),
      (.nobody, nil, million, .hold(.unassignedAddress, Money(million, .trx))),
      (.nobody, USDT.mainnet, million - 1, .ignore(Money(million - 1, .usdt))),
      (.unknown, nil, million, .hold(.unknownAddress, Money(million, .trx))),
      (.unknown, USDT.nile, million, .hold(.unknownToken, nil)),
      (.treasury, nil, 1, .fund(Money(1, .trx))),
      (.treasury, USDT.mainnet, million, .fund(Money(million, .usdt))),
    ])
  func judges(
    _ owner: DepositRules.Owner, _ token: TronAddress?, _ amount: Int64, _ verdict: DepositRules.Verdict
  ) {
    #expect(DepositRules().judge(amount: amount, token: token, owner: owner) == verdict)
  }

  @Test(
    "what was sent before an address was handed out is not its customer's, but for what clocks may differ by",
    arguments: [
      (-3_600.0, DepositRules.Owner.nobody), (-60, .nobody), (-11, .nobody), (-10, .customer(ann)), (0, .customer(ann)),
      (3_600, .customer(ann)),
    ])
  func early(seconds: Double, owner: DepositRules.Owner) {
    let assigned = Date(timeIntervalSince1970: 1_800_000_000)
    var row = DepositAddressRow(
      id: USDT.nile, place: .deposits, fingerprint: "f", generation: 1, index: 0, state: .watched, createdAt: assigned)
    #expect(row.owner(at: assigned) == .nobody)
    row.customer = Self.ann
    row.assignedAt = assigned
    #expect(row.owner(at: assigned.addingTimeInterval(seconds)) == owner)
  }

  @Test(
    "is an operator's to say where tx-svc has doubts, but for the owner's own addresses",
    arguments: [
      (DepositRules.Owner.customer(ann), Int64?.some(5), DepositHeld.Reason.sentByContract,
        DepositRules.Verdict.hold(.sentByContract, Money(5, .trx))),
      (.unknown, nil, .tooLarge, .hold(.tooLarge, nil)), (.treasury, 5, .sentByContract, .fund(Money(5, .trx))),
      (.treasury, nil, .tooLarge, .hold(.tooLarge, nil)),
    ])
  func judgesHeld(
    _ owner: DepositRules.Owner, _ amount: Int64?, _ reason: DepositHeld.Reason, _ verdict: DepositRules.Verdict
  ) {
    #expect(DepositRules().judgeHeld(amount: amount, token: nil, reason: reason, owner: owner) == verdict)
  }

  @Test(
    "coins of ours: a move within one place is nothing, between two a sweep, to a stranger a withdrawal",
    arguments: [
      (LedgerAccount.Custody?.some(.deposits), LedgerAccount.Custody?.some(.deposits), OwnMoves.Meaning.nothing),
      (.deposits, .treasury, .sweep(from: .deposits, to: .treasury)),
      (.treasury, .deposits, .sweep(from: .treasury, to: .deposits)),
      (.treasury, .pool, .sweep(from: .treasury, to: .pool)), (.deposits, nil, .withdrawal(from: .deposits)),
      (.treasury, nil, .withdrawal(from: .treasury)), (nil, .deposits, .nothing), (nil, nil, .nothing),
    ])
  func moves(_ from: LedgerAccount.Custody?, _ to: LedgerAccount.Custody?, _ meaning: OwnMoves.Meaning) {
    #expect(OwnMoves.meaning(from: from, to: to) == meaning)
  }

  @Test("an address of ours is where our table says, else of the pool, else a deposit address when it is watched")
  func places() {
    #expect(OwnMoves.place(known: .treasury, isWatched: true, isSupplier: true) == .treasury)
    #expect(OwnMoves.place(known: nil, isWatched: true, isSupplier: true) == .pool)
    #expect(OwnMoves.place(known: nil, isWatched: true, isSupplier: false) == .deposits)
    #expect(OwnMoves.place(known: nil, isWatched: false, isSupplier: false) == nil)
  }

  @Test("the balance of a custody account is the negative of what the chain shows, whatever moves")
  func custody() throws {
    let money = Money(100, .trx)
    var chain: [LedgerAccount: Int64] = [:]
    var balances: [LedgerAccount: Int64] = [:]
    func post(_ posting: Posting, _ changes: [(LedgerAccount.Custody, Int64)]) {
      for (place, change) in changes { chain[.custody(place), default: 0] += change }
      for line in posting.lines {
        balances[line.debit, default: 0] -= line.amount
        balances[line.credit, default: 0] += line.amount
      }
    }
    post(try .deposit(money, to: Self.ann), [(.deposits, 100)])
    post(try .heldDeposit(money), [(.deposits, 100)])
    post(try .decidedDeposit(money, to: Self.ann), [])
    post(try .heldDeposit(money), [(.deposits, 100)])
    post(try .refusedDeposit(money), [])
    post(try .ignoredDeposit(Money(1, .trx)), [(.deposits, 1)])
    post(try .funding(money), [(.treasury, 100)])
    post(try .sweep(Money(30, .trx), from: .deposits, to: .treasury), [(.deposits, -30), (.treasury, 30)])
    post(try .sweep(Money(2, .trx), from: .treasury, to: .deposits), [(.deposits, 2), (.treasury, -2)])
    post(try .sweep(Money(9, .trx), from: .treasury, to: .pool), [(.treasury, -9), (.pool, 9)])
    post(try .fee(Money(3, .trx), paidFrom: .deposits), [(.deposits, -3)])
    post(try .withdrawal(Money(4, .trx), from: .treasury, isRefund: false), [(.treasury, -4)])
    post(try .withdrawal(money, from: .deposits, isRefund: true), [(.deposits, -100)])
    for place in LedgerAccount.Custody.allCases {
      #expect(balances[.custody(place), default: 0] == -chain[.custody(place), default: 0], "\(place)")
    }
    #expect(balances[.refunds] == 0 && balances[.depositsInFlight] == 0)
    #expect(balances[.available(Self.ann)] == 200 && balances[.costs] == -3)
    #expect(balances.values.reduce(0, +) == 0)
  }
}
