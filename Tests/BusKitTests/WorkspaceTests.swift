import Foundation
import Testing

@testable import BusKit

/// Units of a batch share one workspace; each must behave as if it were alone after the ones before it.
struct WorkspaceTests {
  private func note(_ id: String, topic: String = "t", _ text: String = "") -> Note {
    Note(id: id, topic: topic, text: text)
  }

  private func loaded(_ notes: [Note]) throws -> Workspace {
    let workspace = Workspace()
    for note in notes { try workspace.place(note, table: Note.table, key: note.id) }
    return workspace
  }

  @Test func aDeclaredRowIsFoundAndAMissingOneIsNil() throws {
    let workspace = try loaded([note("a")])
    workspace.begin([.row(Note.self, "a"), .row(Note.self, "b")])
    #expect(try workspace.find(Note.self, "a") == note("a"))
    #expect(try workspace.find(Note.self, "b") == nil)
  }

  @Test func aRowThatIsNotDeclaredIsAnError() throws {
    let workspace = try loaded([note("a")])
    workspace.begin([.row(Note.self, "b")])
    #expect(throws: InvariantViolation.self) { try workspace.find(Note.self, "a") }
    workspace.begin([])
    #expect(throws: InvariantViolation.self) { try workspace.all(Note.self) }
  }

  @Test func aRowReadWithoutALockIsFoundAndCannotBeChanged() throws {
    let workspace = try loaded([note("a"), note("b")])
    workspace.begin([.reading(Note.self, "a"), .reading(Note.self, "missing"), .row(Note.self, "b")])
    #expect(try workspace.find(Note.self, "a") == note("a"))
    #expect(try workspace.find(Note.self, "missing") == nil)
    #expect(throws: InvariantViolation.self) { try workspace.save(note("a", "changed")) }
    #expect(throws: InvariantViolation.self) { try workspace.save(note("missing")) }
    #expect(throws: InvariantViolation.self) { try workspace.delete(Note.self, "a") }
    workspace.begin([.reading(Note.self, "a"), .row(Note.self, "a")])
    try workspace.save(note("a", "changed"))
    #expect(try workspace.find(Note.self, "a")?.text == "changed")
  }

  @Test func aUnitSeesOnlyTheRowsOfItsOwnNeeds() throws {
    let workspace = try loaded([note("a", topic: "x"), note("b", topic: "y"), note("c", topic: "x")])
    workspace.begin([.rows(Note.self, where: "topic", is: "x")])
    #expect(try workspace.all(Note.self).map(\.id) == ["a", "c"])
    #expect(try workspace.find(Note.self, "b") == nil)
    workspace.begin([.row(Note.self, "b")])
    #expect(try workspace.all(Note.self).map(\.id) == ["b"])
    workspace.begin([.all(Note.self)])
    #expect(try workspace.all(Note.self).map(\.id) == ["a", "b", "c"])
  }

  @Test func aUnitSeesWhatTheOnesBeforeItChanged() throws {
    let workspace = try loaded([note("a", topic: "x")])
    workspace.begin([.row(Note.self, "a"), .row(Note.self, "b")])
    try workspace.save(note("a", topic: "y"))
    try workspace.save(note("b", topic: "y"))
    workspace.begin([.rows(Note.self, where: "topic", is: "x")])
    #expect(try workspace.all(Note.self).isEmpty)
    workspace.begin([.rows(Note.self, where: "topic", is: "y")])
    #expect(try workspace.all(Note.self).map(\.id) == ["a", "b"])
  }

  @Test func aUnitFindsWhatItSavedItself() throws {
    let workspace = try loaded([])
    workspace.begin([.rows(Note.self, where: "topic", is: "x")])
    try workspace.save(note("n", topic: "other", "1"))
    try workspace.save(note("n", topic: "other", "2"))
    #expect(try workspace.find(Note.self, "n")?.text == "2")
    #expect(try workspace.all(Note.self).isEmpty)
  }

  @Test func aRowThatAnotherUnitInsertedIsNotOverwrittenUnseen() throws {
    let workspace = try loaded([])
    workspace.begin([])
    try workspace.save(note("n", "first"))
    workspace.begin([])
    #expect(throws: InvariantViolation.self) { try workspace.save(note("n", "second")) }
    workspace.begin([.row(Note.self, "n")])
    try workspace.save(note("n", "third"))
    #expect(try workspace.find(Note.self, "n")?.text == "third")
  }

  @Test func aLoadedRowIsUpdatedANewOneInsertedAndADeletedOneComesBackAsAnUpdate() throws {
    let workspace = try loaded([note("old"), note("back")])
    workspace.begin([.all(Note.self)])
    try workspace.save(note("old", "changed"))
    try workspace.save(note("new"))
    try workspace.save(note("brief"))
    try workspace.delete(Note.self, "brief")
    try workspace.delete(Note.self, "back")
    #expect(try workspace.find(Note.self, "back") == nil)
    try workspace.save(note("back", "again"))
    let slots = try #require(workspace.tables[Note.table])
    #expect(slots["old"]?.exists == true)
    #expect(slots["new"]?.exists == false)
    #expect(slots["brief"] == nil)
    #expect(slots["back"]?.exists == true)
    #expect(slots.values.filter { !$0.isDirty }.isEmpty)
  }

  @Test func aRowThatIsAsItWasReadIsNotWritten() throws {
    let workspace = try loaded([note("same"), note("back"), note("gone"), note("changed")])
    workspace.begin([.all(Note.self)])
    try workspace.save(note("same"))
    try workspace.save(note("back", "for a moment"))
    try workspace.save(note("back"))
    try workspace.delete(Note.self, "gone")
    try workspace.save(note("gone"))
    try workspace.save(note("changed", "in earnest"))
    let slots = try #require(workspace.tables[Note.table])
    #expect(slots.filter(\.value.isDirty).keys.sorted() == ["changed"])
    #expect(try workspace.find(Note.self, "gone") == note("gone"))
  }

  @Test func aMessageOverTheLimitIsRefusedWhereItIsPublished() throws {
    let unit = UnitOfWork(now: Date(), cause: nil, workspace: Workspace())
    let long = String(repeating: "x", count: Envelope.bodyBytesMax)
    #expect(throws: InvariantViolation.self) { try unit.publish(Add(account: long)) }
  }

  @Test func whatAMessageCausesCarriesItsCorrelation() throws {
    let workspace = Workspace()
    let cause = try World.envelope(Add(account: "a"))
    let unit = UnitOfWork(now: Date(), cause: cause, workspace: workspace)
    try unit.publish(Added(aggregate: "a", seq: 1, total: 1))
    try unit.start(Ring(key: "k", number: 1))
    let sent = try #require(workspace.outgoing.first?.message.envelope)
    #expect(sent.correlation == cause.correlation)
    #expect(sent.causation == cause.id.text)
    #expect(workspace.effects.map(\.correlation) == [cause.correlation])
    // Nobody waits: nothing is sent.
    try unit.reply(Add(account: "a"), to: "", correlation: "c")
    #expect(workspace.outgoing.count == 1)
  }

  @Test func rowsOfOneValueAreFoundWithoutTheOthersAndFollowEveryChange() throws {
    let workspace = try loaded([note("a", topic: "x"), note("b", topic: "y"), note("c", topic: "x")])
    workspace.begin([.rows(Note.self, where: "topic", is: "x"), .rows(Note.self, where: "topic", is: "y")])
    #expect(try workspace.all(Note.self, where: "topic", is: "x").map(\.id) == ["a", "c"])
    try workspace.save(note("c", topic: "y"))
    try workspace.save(note("d", topic: "x"))
    try workspace.delete(Note.self, "a")
    #expect(try workspace.all(Note.self, where: "topic", is: "x").map(\.id) == ["d"])
    #expect(try workspace.all(Note.self, where: "topic", is: "y").map(\.id) == ["b", "c"])
    workspace.begin([.row(Note.self, "b")])
    #expect(try workspace.all(Note.self, where: "topic", is: "y").map(\.id) == ["b"])
    #expect(try workspace.all(Note.self, where: "topic", is: "z").isEmpty)
  }
}
