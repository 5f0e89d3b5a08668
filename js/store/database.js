/**
 * IndexedDB, as far as a token store needs it.
 *
 * Always: a connection stands in nobody's way. It is closed when another page wants to change or delete the database,
 * and opened again by the next use.
 *
 * @module
 */

import { StoreProblem } from "./problem.js";

/** Counted up when the object stores change. */
const VERSION = 1;

/**
 * @callback Act What a transaction does; its value is that of the request that is returned, or what is settled.
 * @param {IDBObjectStore} store
 * @param {(value: any) => void} settle
 * @returns {IDBRequest | void}
 */

/**
 * One transaction; resolves once it is complete.
 *
 * @param {IDBDatabase} database
 * @param {string} name Of the object store.
 * @param {IDBTransactionMode} mode
 * @param {Act} act
 * @returns {Promise<any>}
 */
export function run(database, name, mode, act) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode);
    /** @type {unknown} */
    let value;
    const request = act(transaction.objectStore(name), (given) => {
      value = given;
    });
    transaction.oncomplete = () => resolve(request ? request.result : value);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
}

export class Database {
  #name;
  #stores;
  /** @type {Promise<IDBDatabase> | undefined} */
  #connection;

  /**
   * @param {string} name
   * @param {string[]} stores The object stores it has.
   */
  constructor(name, stores) {
    this.#name = name;
    this.#stores = stores;
  }

  /**
   * Does something with a connection; once more with a new one where it was closed meanwhile.
   *
   * @template T
   * @param {(connection: IDBDatabase) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async use(act) {
    try {
      return await act(await this.#open());
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
      this.close();
      return await act(await this.#open());
    }
  }

  close() {
    this.#connection?.then(
      (connection) => connection.close(),
      () => {},
    );
    this.#connection = undefined;
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    if (this.#connection !== undefined) return this.#connection;
    const opening = this.#opened(() => {
      if (this.#connection === opening) this.#connection = undefined;
    });
    this.#connection = opening;
    opening.catch(() => {
      if (this.#connection === opening) this.#connection = undefined;
    });
    return opening;
  }

  /**
   * @param {() => void} ended Called when the connection can be used no more.
   * @returns {Promise<IDBDatabase>}
   */
  #opened(ended) {
    return new Promise((resolve, reject) => {
      if (globalThis.indexedDB === undefined) throw new StoreProblem("there is no IndexedDB here");
      const request = indexedDB.open(this.#name, VERSION);
      let isBlocked = false;
      request.onupgradeneeded = () => {
        for (const name of this.#stores) request.result.createObjectStore(name);
      };
      request.onblocked = () => {
        isBlocked = true;
        reject(new StoreProblem("another page keeps IndexedDB from being opened"));
      };
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        if (isBlocked) return database.close();
        database.onversionchange = () => {
          database.close();
          ended();
        };
        database.onclose = ended;
        resolve(database);
      };
    });
  }
}
